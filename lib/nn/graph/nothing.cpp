// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors

// In the place of LibTorch's CUDA half, which a machine that builds need not have: a library that
// is linked to it needs one of that name.
