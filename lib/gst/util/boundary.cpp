// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/util/boundary.h"

#include <new>
#include <string>

namespace gsttorch {
namespace {

struct GstErrorCode {
  GQuark domain;
  gint code;
};

GstErrorCode gst_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::NotFound:
      return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND};
    case ErrorCode::Corrupt:
    case ErrorCode::Refused:
      return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ};
    case ErrorCode::WrongArchitecture:
    case ErrorCode::BadArgument:
    case ErrorCode::DeviceUnavailable:
      return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS};
    case ErrorCode::NotWritable:
      return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_WRITE};
    case ErrorCode::WriteFailed:
      return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_WRITE};
    case ErrorCode::DiskFull:
    case ErrorCode::OutOfMemory:
      return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT};
    case ErrorCode::BadShape:
      return {GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT};
    case ErrorCode::LibraryMissing:
      return {GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_INIT};
    case ErrorCode::Cancelled:
    case ErrorCode::Failed:
      break;
  }
  return {GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_FAILED};
}

void post(GstElement* element, GstMessageType type, const Error& error) {
  if (error.code == ErrorCode::Cancelled) return;
  const GstErrorCode code = gst_code(error.code);
  gst_element_message_full(element, type, code.domain, code.code, g_strdup(error.message.c_str()),
                           nullptr, __FILE__, GST_FUNCTION, __LINE__);
}

}  // namespace

void post_error(GstElement* element, const Error& error) {
  post(element, GST_MESSAGE_ERROR, error);
}

void post_warning(GstElement* element, const Error& error) {
  post(element, GST_MESSAGE_WARNING, error);
}

void post_current_exception(GstElement* element) noexcept {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    GST_ELEMENT_ERROR(element, RESOURCE, NO_SPACE_LEFT, ("Out of memory."), (nullptr));
  } catch (const std::exception& e) {
    GST_ELEMENT_ERROR(element, LIBRARY, FAILED, ("Internal failure: %s", e.what()), (nullptr));
  } catch (...) {
    GST_ELEMENT_ERROR(element, LIBRARY, FAILED, ("Internal failure."), (nullptr));
  }
}

}  // namespace gsttorch
