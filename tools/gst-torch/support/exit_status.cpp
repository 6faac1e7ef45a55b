// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/support/exit_status.h"

#include <cerrno>
#include <cstdio>
#include <string>

#include "lib/formats/output_file.h"

namespace gsttorch {
namespace {

// One failure is one line, whatever line ends a library's message has in it.
std::string one_line(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  for (char& c : text) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return text;
}

}  // namespace

const char kExitStatusHelp[] =
    "Exit status:\n"
    "  0    success\n"
    "  1    any other failure\n"
    "  2    invalid command line\n"
    "  3    bad input: a file is missing, damaged or of the wrong kind\n"
    "  4    no space left on the disk, or out of memory\n"
    "  5    a device, model, element or library cannot be used on this machine\n"
    "  130  interrupted by SIGINT (143: by SIGTERM)\n";

int exit_status(ErrorCode code) {
  switch (code) {
    case ErrorCode::BadArgument:
      return kUsage;
    case ErrorCode::NotFound:
    case ErrorCode::Corrupt:
    case ErrorCode::BadShape:
      return kBadInput;
    case ErrorCode::DiskFull:
    case ErrorCode::OutOfMemory:
      return kNoSpace;
    case ErrorCode::WrongArchitecture:
    case ErrorCode::Refused:
    case ErrorCode::DeviceUnavailable:
    case ErrorCode::LibraryMissing:
      return kUnavailable;
    case ErrorCode::NotWritable:
    case ErrorCode::WriteFailed:
    case ErrorCode::Cancelled:
    case ErrorCode::Failed:
      break;
  }
  return kFailed;
}

int fail(const Error& error) {
  std::fprintf(stderr, "gst-torch: %s\n", one_line(error.message).c_str());
  return exit_status(error.code);
}

int close_output() {
  const bool had_failed = std::ferror(stdout) != 0;
  if (std::fflush(stdout) == 0 && !had_failed) return kOk;
  return fail(file_error("cannot write", "the standard output", errno));
}

}  // namespace gsttorch
