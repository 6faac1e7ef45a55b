// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/base/failure.h"

#include <new>
#include <string_view>

#include <c10/util/Exception.h>

namespace gsttorch {
namespace {

// The CPU allocator throws a plain c10::Error, so only its text identifies the failure.
bool says_out_of_memory(std::string_view text) {
  return text.find("can't allocate memory") != std::string_view::npos ||
         text.find("out of memory") != std::string_view::npos;
}

std::string joined(const std::string& what, const std::string& why) {
  return what.empty() ? why : what + ": " + why;
}

}  // namespace

Error current_error(const std::string& what) {
  try {
    throw;
  } catch (const Failure& e) {
    return {e.code(), joined(what, e.what())};
  } catch (const c10::OutOfMemoryError& e) {
    return {ErrorCode::OutOfMemory, joined(what, e.what_without_backtrace())};
  } catch (const c10::Error& e) {
    const std::string text = e.what_without_backtrace();
    const bool memory = says_out_of_memory(text);
    return {memory ? ErrorCode::OutOfMemory : ErrorCode::Failed, joined(what, text)};
  } catch (const std::bad_alloc&) {
    return {ErrorCode::OutOfMemory, joined(what, "out of memory")};
  } catch (const std::exception& e) {
    return {ErrorCode::Failed, joined(what, e.what())};
  } catch (...) {
    return {ErrorCode::Failed, joined(what, "unknown error")};
  }
}

}  // namespace gsttorch
