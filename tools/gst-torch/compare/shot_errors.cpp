// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/compare/shot_errors.h"

namespace gsttorch {

double ShotErrors::f1() const {
  const std::size_t wrong = missed.size() + added.size();
  if (wrong == 0) return 1;
  return 2 * static_cast<double>(common) / static_cast<double>(2 * common + wrong);
}

// Of sorted lists, the earliest boundaries can be paired at once: another pairing has no more
// pairs.
ShotErrors shot_errors(std::span<const std::uint64_t> other,
                       std::span<const std::uint64_t> reference, std::uint64_t tolerance) {
  ShotErrors errors;
  std::size_t i = 0, j = 0;
  while (i < other.size() && j < reference.size()) {
    if (other[i] + tolerance < reference[j]) {
      errors.added.push_back(other[i++]);
    } else if (reference[j] + tolerance < other[i]) {
      errors.missed.push_back(reference[j++]);
    } else {
      errors.common++;
      i++;
      j++;
    }
  }
  errors.added.insert(errors.added.end(), other.begin() + static_cast<std::ptrdiff_t>(i),
                      other.end());
  errors.missed.insert(errors.missed.end(), reference.begin() + static_cast<std::ptrdiff_t>(j),
                       reference.end());
  return errors;
}

}  // namespace gsttorch
