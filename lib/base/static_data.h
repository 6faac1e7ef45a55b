// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <initializer_list>
#include <string_view>

namespace gsttorch {

/// Keeps the static data of libraries until the process ends: from this call on, the libraries
/// register no destructors. This applies to the library with the file name `file`, to all that were
/// loaded after it, and to every library whose file name begins with one of the strings in `also`.
///
/// Why: exit() destroys static data in the calling thread while all other threads continue to run.
/// LibTorch registers some 5000 destructors, a hundred of them as late as during the first
/// inferences, so a thread that computes or loads weights would then use destroyed data. An exit
/// handler of ours that stopped those threads would come too late: handlers run newest first. The
/// destructors would only release memory, which the system reclaims anyway.
///
/// How: a library registers a destructor by calling __cxa_atexit of the C library through an entry
/// of its own global offset table; this function redirects those entries. It leaves a library alone
/// that has no such entry or whose format it does not understand.
///
/// A libgomp that was loaded after the library reads a short GOMP_SPINCOUNT unless the user set it
/// or OMP_WAIT_POLICY: libgomp reads its environment once, when it is initialised. Setting the
/// variable instead would race with getenv() in threads that the application already runs.
void keep_static_data(std::string_view file, std::initializer_list<std::string_view> also);

}  // namespace gsttorch
