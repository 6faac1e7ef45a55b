// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/formats/npz_file.h"

#include "lib/formats/npz_archive.h"

namespace gsttorch {
namespace {

NpzArray array_of(const FlowView& flow) {
  const auto width = static_cast<std::uint64_t>(flow.width);
  const auto height = static_cast<std::uint64_t>(flow.height);
  const auto row = static_cast<std::ptrdiff_t>(flow.row_bytes());
  return {"flow",
          flow.type == FlowElement::Float16 ? "<f2" : "<f4",
          {height, width, 2},
          flow.data,
          height,
          flow.row_bytes(),
          flow.is_packed() ? row : flow.stride};
}

}  // namespace

std::uint64_t npz_file_bytes(const FlowView& flow) {
  const NpzArray array = array_of(flow);
  return npz_archive_bytes({&array, 1});
}

Result<void> write_npz_file(const std::string& path, const FlowView& flow) {
  const bool has_size = flow.data && flow.width > 0 && flow.height > 0;
  if (!has_size || npz_file_bytes(flow) > kMaxNpzBytes) {
    return Error{ErrorCode::BadShape, "cannot write a .npz file with a flow of " +
                                          std::to_string(flow.width) + "x" +
                                          std::to_string(flow.height)};
  }
  const NpzArray array = array_of(flow);
  return write_npz_archive(path, {&array, 1});
}

}  // namespace gsttorch
