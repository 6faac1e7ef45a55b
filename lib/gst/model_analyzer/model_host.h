// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "lib/engine/frame_image.h"
#include "lib/engine/quality.h"
#include "lib/gst/analyzer/analysis.h"
#include "lib/gst/runtime/models.h"

namespace gsttorch {

/// The properties that every analyser with a model has, beside those of every analyser.
struct ModelSettings {
  Quality quality = Quality::Exact;
  std::string model = "auto";
  std::string device = "auto";
  std::optional<Precision> own_precision;  // that the user set
  guint64 memory_limit = 0;                // bytes; 0: the runtime's

  Precision precision() const {
    return own_precision.value_or(preset_of(kModelPresets, quality).precision);
  }

  /// The options of a model whose weights file is known.
  ModelOptions model_options(std::string path) const {
    return {std::move(path), device, precision()};
  }
};

/// What an analysis with a model may ask of the element that it works for, beside what every
/// analysis may. Thread-safe. AnalyzerHost is a virtual base because the analyser has it twice: by
/// this interface and by the base class.
class ModelHost : public virtual AnalyzerHost {
 public:
  virtual ModelSettings model_settings() const = 0;
  virtual Models& models() = 0;
  /// The device that the model is on, "cpu" or "cuda:0": its workers run the work from now on. Set
  /// in `wait_until_ready`.
  virtual void set_device(const std::string& device) = 0;
  /// The element's `memory-limit`, else the runtime's; bytes, 0: none.
  virtual std::size_t memory_limit() const = 0;
  /// Bytes that the work may use in all: the element's `memory-limit`, or what the runtime's limit
  /// leaves at this moment beside what others use; the largest number there is without a limit.
  /// `held`: bytes that the work uses already.
  virtual std::size_t available_memory(std::size_t held) const = 0;
};

}  // namespace gsttorch
