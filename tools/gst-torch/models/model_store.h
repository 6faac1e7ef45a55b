// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include "lib/base/result.h"
#include "lib/models/manifest.h"

namespace gsttorch {

enum class StoredState { Absent, Present, Damaged };

const char* state_name(StoredState state);

struct StoredModel {
  StoredState state = StoredState::Absent;
  std::string reason;  ///< why it is damaged
};

/// What is in the models directory for this model, compared with all that is known of the file:
/// size, hash, and the hash that was recorded when it was first fetched.
StoredModel stored_model(const Model& model);

/// Whether a file of this size and hash is the model's; the error says what is not as it should be.
Result<void> verify(const Model& model, std::uint64_t size, const std::string& sha256);

/// Where the hash of a file is kept whose hash nobody published in full.
std::filesystem::path record_path(const Model& model);

/// Keeps the hash of a file that was fetched for the first time. True when there was none yet.
Result<bool> record_hash(const Model& model, const std::string& sha256, const std::string& source);

}  // namespace gsttorch
