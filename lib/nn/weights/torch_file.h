// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string_view>

#include "lib/nn/weights/mapped_tensor.h"
#include "lib/nn/weights/state_dict.h"

namespace gsttorch {

enum class TorchContainer {
  None,
  Zip,     ///< torch.save since 1.6
  Legacy,  ///< torch.save before: pickles, then storages, one after the other
  Pickle,  ///< a pickle that torch.save did not write
};

/// What kind of file it is, by its first bytes.
TorchContainer torch_container(std::string_view bytes);

/// The state dict in a file of torch.save, its tensors views of the mapping wherever the container
/// aligned them. Throws Failure.
StateDict read_torch_file(MappedTensors& tensors);

}  // namespace gsttorch
