// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include "lib/base/result.h"

namespace gsttorch {

// What gst-torch exits with: the kinds of failure that a scheduler treats differently. 128 + the
// signal's number where a signal ended the work.
constexpr int kOk = 0;
constexpr int kFailed = 1;       ///< anything else, bugs included
constexpr int kUsage = 2;        ///< change the command: options, or what they ask for
constexpr int kBadInput = 3;     ///< an input that is missing, broken or of the wrong kind
constexpr int kNoSpace = 4;      ///< of the disk, or memory
constexpr int kUnavailable = 5;  ///< a device, model, element or library cannot be used here

/// The exit status for a failure. The only place that decides it.
int exit_status(ErrorCode code);

/// Where a signal ended the work.
constexpr int interrupted_status(int signal) { return 128 + signal; }

/// The paragraph of every --help that explains them.
extern const char kExitStatusHelp[];

/// Prints one line to stderr that says what failed. Returns its exit status.
int fail(const Error& error);

/// Prints what the standard output could not take, if anything, as fail() does: kOk where all of it
/// was written.
int close_output();

}  // namespace gsttorch
