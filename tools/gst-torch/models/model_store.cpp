// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/models/model_store.h"

#include <fstream>

#include <nlohmann/json.hpp>

#include "tools/gst-torch/models/atomic_file.h"

namespace gsttorch {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

Error wrong(const std::string& message) { return {ErrorCode::Corrupt, message}; }

/// Empty where there is no record, or none that can be read: it is then made again.
std::string recorded_hash(const Model& model) {
  std::ifstream stream(record_path(model));
  const json record = json::parse(stream, nullptr, /*allow_exceptions=*/false);
  if (!record.is_object() || !record.contains("sha256") || !record["sha256"].is_string()) return "";
  return record["sha256"].get<std::string>();
}

Result<void> verify_hash(const Model& model, const std::string& sha256) {
  const ModelFile& file = model.file;
  if (!file.sha256.empty()) {
    if (sha256 == file.sha256) return {};
    return wrong("its SHA-256 is " + sha256 + ", not " + file.sha256);
  }
  if (sha256.compare(0, file.sha256_prefix.size(), file.sha256_prefix) != 0) {
    return wrong("its SHA-256 is " + sha256 + " and should begin with " + file.sha256_prefix);
  }
  const std::string recorded = recorded_hash(model);
  if (recorded.empty() || recorded == sha256) return {};
  return wrong("its SHA-256 is " + sha256 + ", not the " + recorded + " recorded in " +
               record_path(model).string() + " when it was first fetched");
}

}  // namespace

const char* state_name(StoredState state) {
  switch (state) {
    case StoredState::Absent:
      return "absent";
    case StoredState::Present:
      return "present";
    case StoredState::Damaged:
      return "damaged";
  }
  return "";
}

fs::path record_path(const Model& model) { return model.path().string() + ".fetched.json"; }

Result<void> verify(const Model& model, std::uint64_t size, const std::string& sha256) {
  if (!model.file.accepts_size(size)) {
    return wrong("it is " + std::to_string(size) + " bytes long, not " +
                 (model.file.size_is_exact ? "" : "about ") + std::to_string(model.file.size));
  }
  return verify_hash(model, sha256);
}

StoredModel stored_model(const Model& model) {
  const fs::path path = model.path();
  std::error_code error;
  if (!fs::exists(path, error)) return {StoredState::Absent, ""};
  const auto size = fs::file_size(path, error);
  if (error) return {StoredState::Damaged, error.message()};
  // Nothing is hashed that is known to be wrong already.
  if (!model.file.accepts_size(size)) {
    return {StoredState::Damaged, verify(model, size, "").error().message};
  }
  const auto sha256 = sha256_of_file(path);
  if (!sha256) return {StoredState::Damaged, sha256.error().message};
  const auto right = verify(model, size, *sha256);
  if (!right) return {StoredState::Damaged, right.error().message};
  return {StoredState::Present, ""};
}

Result<bool> record_hash(const Model& model, const std::string& sha256, const std::string& source) {
  if (!model.file.sha256.empty() || recorded_hash(model) == sha256) return false;
  const std::string text = json{{"sha256", sha256}, {"source", source}}.dump(2) + "\n";
  auto file = AtomicFile::create(record_path(model), text.size());
  if (!file) return file.error();
  if (auto written = (*file)->write(text); !written) return written.error();
  if (auto done = (*file)->commit(); !done) return done.error();
  return true;
}

}  // namespace gsttorch
