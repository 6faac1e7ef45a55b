// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "lib/nn/weights/mapped_tensor.h"
#include "lib/nn/weights/state_dict.h"

namespace gsttorch {

/// Whether a file begins as safetensors do: the length of a header, then a JSON object.
bool looks_like_safetensors(std::string_view bytes);

/// The tensors of a safetensors file, views of the mapping. Checked before anything is made: the
/// header's length, that every size is that of type and shape, and that the tensors fill the file
/// without gap or overlap. Throws Failure.
StateDict read_safetensors(MappedTensors& tensors);

/// The strings that its writer put beside the tensors; empty where there are none. Throws Failure.
std::map<std::string, std::string> safetensors_metadata(std::string_view bytes);

}  // namespace gsttorch
