// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors

// Placeholder for LibTorch's CUDA half, which a build machine need not have: linking against it
// needs a library of that name.
