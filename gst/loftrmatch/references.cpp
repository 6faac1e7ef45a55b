// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/loftrmatch/references.h"

#include <memory>

#include "lib/gst/picture_file.h"

namespace gsttorch {

Result<void> References::find(const std::string& location, int max_size) {
  if (max_size_ != max_size) *this = References();
  if (location_ == location && !files_.empty()) return {};
  const auto paths = reference_files(location);
  if (!paths) return paths.error();
  location_ = location;
  max_size_ = max_size;
  files_.clear();
  for (const std::string& path : *paths) files_.push_back({path});
  return {};
}

Result<SharedPicture> References::picture(std::size_t index, const Prepare& prepare) {
  File& file = files_[index];
  SharedPicture known = pictures_.find(file.path);
  if (known && file.width > 0) return known;
  return read(file, prepare);
}

Result<SharedPicture> References::read(File& file, const Prepare& prepare) {
  const auto read = read_reference_picture(file.path);
  if (!read) return read.error();
  auto picture = std::make_shared<MatchPicture>(std::make_shared<SingleUseImage>(read->view()));
  if (auto prepared = prepare(*picture); !prepared) return prepared.error();
  if (auto kept = picture->copy_pixels(); !kept) return kept.error();  // where they are wanted
  file.width = static_cast<guint>(read->width);
  file.height = static_cast<guint>(read->height);
  pictures_.put(file.path, picture, picture->bytes());
  return picture;
}

void References::name(std::size_t index, MatchesWithOne& result) const {
  const File& file = files_[index];
  result.reference = file.path;
  result.reference_width = file.width;
  result.reference_height = file.height;
}

void References::update_sizes() {
  pictures_.measure([](const SharedPicture& picture) { return picture->bytes(); });
}

}  // namespace gsttorch
