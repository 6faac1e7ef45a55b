// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <initializer_list>
#include <string_view>

namespace gsttorch {

/// Keeps the static data of libraries until the process is gone: from now on they register no
/// destructors. Meant are the library of that file name and all that were loaded after it, and
/// those of any time whose file names begin with one of the words.
///
/// Why: exit() destroys static data in the thread that calls it while all other threads run on.
/// LibTorch registers some 5000 destructors, a hundred of them as late as during the first
/// inferences, and a thread that computes or loads then uses what is gone. A handler of ours that
/// stopped those threads would come too late: handlers run newest first. What the destructors would
/// give back, memory, the system takes back anyway.
///
/// How: every destructor is registered by calling __cxa_atexit of the C library, through an entry
/// of the calling library's global offset table; those entries are redirected. A library without
/// such an entry, or one whose format is not understood, is left as it is.
///
/// A libgomp among those that were loaded after the library finds GOMP_SPINCOUNT short, unless the
/// user set it or OMP_WAIT_POLICY: it reads its environment once, when it is initialised. Setting
/// the variable instead would race with getenv() in the threads that an application has by then.
void keep_static_data(std::string_view file, std::initializer_list<std::string_view> also);

}  // namespace gsttorch
