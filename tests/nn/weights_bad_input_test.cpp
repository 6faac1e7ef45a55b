// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ATen/ATen.h>

#include "lib/nn/weights/weights.h"
#include "tests/nn/weights_files.h"
#include "tests/support/paths.h"

namespace gsttorch {
namespace {

namespace p = testing::pickle;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::little;
using testing::safetensors;
using testing::torch_zip;

class BadWeights : public ::testing::Test {
 protected:
  Error error_of(const std::string& path) {
    const auto state = read_weights(path);
    EXPECT_FALSE(state) << path << " was read";
    return state ? Error{} : state.error();
  }

  /// Expects that this content is refused with a one-line error that names the file.
  void expect_error(std::string_view bytes, ErrorCode code, const std::string& words) {
    const std::string path = directory_.write(bytes);
    const Error error = error_of(path);
    EXPECT_EQ(error.code, code) << error.message;
    EXPECT_THAT(error.message, AllOf(HasSubstr(path + ": "), HasSubstr(words)));
    EXPECT_EQ(error.message.find('\n'), std::string::npos) << error.message;
  }

  void expect_corrupt(std::string_view bytes, const std::string& words) {
    expect_error(bytes, ErrorCode::Corrupt, words);
  }

  testing::WeightsDirectory directory_;
};

const std::vector<std::string> kGoldens = {"weights.safetensors", "weights_zip.pth",
                                           "weights_zip_protocol4.pth", "weights_legacy.pth"};

std::string golden_bytes(const std::string& name) {
  return read_text(source_file("tests/nn/goldens/" + name));
}

std::string one_tensor(const std::string& description) {
  return std::string("{\"a\":{").append(description).append("}}");
}

// --- files -------------------------------------------------------------------------------------

TEST_F(BadWeights, that_are_not_there_are_not_found) {
  const std::string path = directory_.path("absent.pth");
  const Error error = error_of(path);
  EXPECT_EQ(error.code, ErrorCode::NotFound);
  EXPECT_EQ(error.message, path + ": No such file or directory");
}

TEST_F(BadWeights, that_may_not_be_read_are_not_found) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  const std::string path = directory_.write("x");
  ASSERT_EQ(::chmod(path.c_str(), 0), 0);
  const Error error = error_of(path);
  EXPECT_EQ(error.code, ErrorCode::NotFound);
  EXPECT_THAT(error.message, HasSubstr("Permission denied"));
}

TEST_F(BadWeights, that_are_a_directory_say_so) {
  const Error error = error_of(directory_.path());
  EXPECT_EQ(error.code, ErrorCode::Corrupt);
  EXPECT_THAT(error.message, HasSubstr("is a directory"));
}

TEST_F(BadWeights, that_are_a_named_pipe_do_not_wait_for_a_writer) {
  const std::string path = directory_.path("pipe");
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_THAT(error_of(path).message, HasSubstr("not a regular file"));
}

TEST_F(BadWeights, that_are_empty_say_so) { expect_corrupt("", "is empty"); }

TEST_F(BadWeights, that_are_something_else_say_so) {
  expect_corrupt("<!DOCTYPE html><title>404</title>", "not a safetensors or");
}

TEST_F(BadWeights, cut_at_any_byte_are_an_error) {
  for (const std::string& name : kGoldens) {
    const std::string whole = golden_bytes(name);
    ASSERT_FALSE(whole.empty()) << name;
    const std::string path = directory_.write(whole);
    for (std::size_t size = whole.size(); size-- > 0;) {
      std::filesystem::resize_file(path, size);
      const auto state = read_weights(path);
      ASSERT_FALSE(state) << name << " cut to " << size << " bytes was read";
      ASSERT_EQ(state.error().code, ErrorCode::Corrupt) << name << " cut to " << size;
    }
  }
}

/// Returns whether the file is read; if so, reads every tensor to its end.
bool reads_to_the_end(const std::string& path) {
  const auto state = read_weights(path);
  if (!state) return false;
  for (const auto& [key, tensor] : *state) (void)tensor.clone();
  return true;
}

TEST_F(BadWeights, with_any_byte_changed_are_read_or_refused) {
  int refused = 0;
  for (const char* name : {"weights.safetensors", "weights_zip.pth", "weights_legacy.pth"}) {
    const std::string whole = golden_bytes(name);
    const std::string path = directory_.write(whole);
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    const auto put = [&](std::size_t at, char value) {
      file.seekp(static_cast<std::streamoff>(at)).put(value).flush();
    };
    for (std::size_t at = 0; at < whole.size(); at++) {
      for (const char value : {'\xff', static_cast<char>(whole[at] ^ 1)}) {
        put(at, value);
        refused += reads_to_the_end(path) ? 0 : 1;
      }
      put(at, whole[at]);
    }
  }
  EXPECT_GT(refused, 1000);
}

// --- safetensors -------------------------------------------------------------------------------

TEST_F(BadWeights, whose_header_is_longer_than_the_file) {
  expect_corrupt(little<std::uint64_t>(1000) + "{}", "header claims to be 1000 bytes long");
  expect_corrupt(little<std::uint64_t>(~0ull) + "{}", "header claims to be");
}

TEST_F(BadWeights, whose_header_is_no_json_object) {
  expect_corrupt(safetensors("{\"a\":", ""), "not a JSON object");
  expect_corrupt(safetensors("{}x", ""), "not a JSON object");
  expect_corrupt(safetensors("{\"a\":" + std::string(100'000, '['), ""), "not a JSON object");
}

TEST_F(BadWeights, whose_tensors_overlap_or_leave_a_gap) {
  const std::string a = R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)";
  expect_corrupt(safetensors(a + R"("b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})", "123"),
                 "a gap or an overlap before tensor b");
  expect_corrupt(safetensors(a + R"("b":{"dtype":"U8","shape":[1],"data_offsets":[3,4]}})", "1234"),
                 "a gap or an overlap before tensor b");
}

TEST_F(BadWeights, whose_tensors_lie_outside_the_file_or_do_not_fill_it) {
  const std::string header = one_tensor(R"("dtype":"U8","shape":[4],"data_offsets":[0,4])");
  expect_corrupt(safetensors(header, "123"), "tensors take 4 bytes, but the file has 3");
  expect_corrupt(safetensors(header, "12345"), "tensors take 4 bytes, but the file has 5");
}

TEST_F(BadWeights, whose_tensor_is_not_as_long_as_its_type_asks) {
  for (const char* description : {R"("dtype":"F32","shape":[2],"data_offsets":[0,4])",
                                  R"("dtype":"F64","shape":[1],"data_offsets":[0,4])",
                                  R"("dtype":"U8","shape":[5],"data_offsets":[0,4])"}) {
    expect_corrupt(safetensors(one_tensor(description), "1234"),
                   "not have the length that its shape");
  }
}

TEST_F(BadWeights, whose_shape_overflows) {
  expect_corrupt(
      safetensors(
          one_tensor(R"("dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0])"), ""),
      "too large");
}

TEST_F(BadWeights, whose_description_is_of_the_wrong_kind) {
  expect_corrupt(safetensors(R"({"a":3})", ""), "tensor a has no description");
  expect_corrupt(safetensors(one_tensor(R"("shape":[0],"data_offsets":[0,0])"), ""), "has no type");
  expect_corrupt(safetensors(one_tensor(R"("dtype":"F8","shape":[0],"data_offsets":[0,0])"), ""),
                 "unknown type F8");
  expect_corrupt(safetensors(one_tensor(R"("dtype":"U8","shape":[-1],"data_offsets":[0,0])"), ""),
                 "invalid number in shape");
  expect_corrupt(safetensors(one_tensor(R"("dtype":"U8","shape":[1],"data_offsets":[1,0])"), ""),
                 "invalid offsets");
  expect_corrupt(safetensors(one_tensor(R"("dtype":"U8","shape":[1])"), ""), "data_offsets");
}

TEST_F(BadWeights, that_name_a_tensor_twice) {
  const std::string a = R"("a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  expect_corrupt(safetensors("{" + a + "," + a + "}", ""), "two tensors are named a");
}

TEST_F(BadWeights, that_have_a_key_with_and_without_prefix) {
  const std::string u8 = R"({"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  expect_corrupt(safetensors("{\"a\":" + u8 + ",\"module.a\":" + u8 + "}", ""),
                 "both with and without its prefix");
}

// --- pickles -----------------------------------------------------------------------------------

std::string call_of(const std::string& module, const std::string& name) {
  return p::call(p::global(module, name), p::text("echo harm > /dev/null"));
}

TEST_F(BadWeights, that_ask_for_code_are_refused_by_name) {
  expect_error(torch_zip(call_of("os", "system")), ErrorCode::Refused, "asks for os.system");
  expect_error(torch_zip(call_of("builtins", "eval")), ErrorCode::Refused, "builtins.eval");
  expect_error(torch_zip(p::global("torch", "load")), ErrorCode::Refused, "torch.load");
  expect_error(torch_zip(p::text("os") + p::text("system") + "\x93"), ErrorCode::Refused,
               "os.system");
  expect_error(p::document(call_of("os", "system")), ErrorCode::Refused, "os.system");
  expect_error(p::global("os", "system") + "(tR.", ErrorCode::Refused, "os.system");
}

TEST_F(BadWeights, that_ask_for_code_deep_inside_are_refused) {
  const std::string hidden = p::dict(p::text("optimizer") + p::tuple(call_of("os", "system")));
  expect_error(torch_zip(hidden), ErrorCode::Refused, "os.system");
  const std::string legacy = golden_bytes("weights_legacy.pth");
  std::string changed = legacy;
  const std::size_t at = changed.find("collections\nOrderedDict");
  ASSERT_NE(at, std::string::npos);
  changed.replace(at, 23, "collections\nUserDictxxx");
  expect_error(changed, ErrorCode::Refused, "collections.UserDictxxx");
}

TEST_F(BadWeights, that_hold_a_whole_module_are_refused_by_its_name) {
  const Error error = error_of(source_file("tests/nn/goldens/weights_whole_module.pt"));
  EXPECT_EQ(error.code, ErrorCode::Refused);
  EXPECT_THAT(error.message, HasSubstr("torch.nn.modules.linear.Linear"));
}

TEST_F(BadWeights, whose_names_would_upset_a_terminal_are_printed_harmlessly) {
  expect_error(torch_zip(p::global("\x1b[2J", "x")), ErrorCode::Refused, "?[2J.x");
}

TEST_F(BadWeights, whose_pickle_holds_itself_or_is_nested_without_end) {
  const std::string self = std::string("}q\0", 3) + p::text("model") + std::string("h\0", 2) + "s";
  expect_corrupt(torch_zip(self), "contains no state dict");
  std::string nested = p::text("x");
  for (int i = 0; i < 200'000; i++) nested += "\x85";
  expect_corrupt(torch_zip(nested), "another object");
}

TEST_F(BadWeights, whose_text_is_longer_than_the_file) {
  expect_corrupt(
      torch_zip(std::string("X").append(little<std::uint32_t>(0xffffffff)).append("abc")),
      "truncated");
}

TEST_F(BadWeights, whose_pickle_is_too_long_to_be_a_state_dict) {
  expect_corrupt(torch_zip(std::string(5'000'000, 'N')), "too many values");
  expect_corrupt(torch_zip(std::string("Nq\0", 3) + std::string(5'000'000, '(')), "too many steps");
}

TEST_F(BadWeights, whose_pickle_pops_more_than_it_pushed) {
  for (const std::string& object :
       {std::string(""), std::string("t"), std::string("s"), std::string("N("), std::string("Nu"),
        std::string("(N\x85\x86"), std::string("h\x07"), std::string("NR"), std::string("Nb"),
        std::string("Na"), std::string("NQ"), std::string("\xf0"), std::string("\x80\x09")}) {
    expect_corrupt(torch_zip(object), "pickle");
  }
}

std::string float_tensor(const std::string& offset, const std::string& sizes,
                         const std::string& strides, int elements = 4) {
  return p::dict(p::text("a") +
                 p::tensor(p::storage("FloatStorage", "0", elements), offset, sizes, strides));
}

TEST_F(BadWeights, whose_tensor_is_larger_than_its_storage) {
  const std::string data(16, '\0');
  const auto n = p::number;
  for (const std::string& object : {
           float_tensor(n(0), n(5), n(1)),        // too long
           float_tensor(n(1), n(4), n(1)),        // begins too late
           float_tensor(n(-1), n(1), n(1)),       // begins before the storage
           float_tensor(n(0), n(2), n(4)),        // leaves the storage
           float_tensor(n(3), n(2), n(-1)),       // steps backwards
           float_tensor(n(0), n(1 << 30), n(0)),  // one element repeated a thousand million times
           float_tensor(n(0), n(1 << 30) + n(1 << 30) + n(1 << 30), n(1) + n(1) + n(1)),
           float_tensor(n(0), n(-1), n(1)),        // negative size
           float_tensor(n(0), n(2) + n(2), n(1)),  // fewer strides than sizes
       }) {
    expect_corrupt(torch_zip(object, {{"0", data}}), "exceeds its storage");
  }
}

TEST_F(BadWeights, whose_storage_is_smaller_than_it_says) {
  const std::string object = float_tensor(p::number(0), p::number(4), p::number(1));
  expect_corrupt(torch_zip(object, {{"0", std::string(15, '\0')}}), "storage 0 is truncated");
  expect_corrupt(torch_zip(object, {{"1", std::string(16, '\0')}}), "no storage 0");
  const std::string negative = float_tensor(p::number(0), p::number(0), p::number(1), -1);
  expect_corrupt(torch_zip(negative, {{"0", std::string(16, '\0')}}), "negative size");
}

TEST_F(BadWeights, that_describe_one_storage_in_two_ways) {
  const auto tensor = [](const char* type) {
    return p::tensor(p::storage(type, "0", 2), p::number(0), p::number(2), p::number(1));
  };
  const std::string object =
      p::dict(p::text("a") + tensor("FloatStorage") + p::text("b") + tensor("HalfStorage"));
  expect_corrupt(torch_zip(object, {{"0", std::string(8, '\0')}}), "two different descriptions");
}

TEST_F(BadWeights, that_hold_no_tensor_say_where_one_was_looked_for) {
  expect_corrupt(torch_zip(p::dict(p::text("epoch") + p::number(3))), "model_state_dict");
  expect_corrupt(torch_zip(p::number(3)), "another object");
}

// --- zip archives ------------------------------------------------------------------------------

TEST_F(BadWeights, whose_archive_is_compressed_are_not_unpacked) {
  expect_corrupt(testing::zip({{"archive/data.pkl", p::document("}")}}, 8), "compressed");
}

TEST_F(BadWeights, whose_archive_lacks_its_pickle_or_repeats_it) {
  expect_corrupt(testing::zip({{"archive/version", "3\n"}}), "no record archive/data.pkl");
  const std::string object = p::document("}");
  expect_corrupt(testing::zip({{"archive/data.pkl", object}, {"archive/data.pkl", object}}),
                 "two records have the same name");
}

TEST_F(BadWeights, written_on_a_big_endian_machine) {
  expect_corrupt(
      testing::zip({{"archive/data.pkl", p::document("}")}, {"archive/byteorder", "big"}}),
      "big-endian");
}

/// Sets position and size of all but the first record of a zip archive to those of its second one.
void point_all_at_second(std::string& archive) {
  const std::string entry("PK\x01\x02", 4);
  const std::size_t second = archive.find(entry, archive.find(entry) + 1);
  const std::string sizes = archive.substr(second + 20, 8);
  const std::string offset = archive.substr(second + 42, 4);
  for (std::size_t at = second; at != std::string::npos; at = archive.find(entry, at + 1)) {
    archive.replace(at + 20, 8, sizes);
    archive.replace(at + 42, 4, offset);
  }
}

TEST_F(BadWeights, whose_storages_overlap_are_not_copied_over_and_over) {
  const std::string data(1 << 20, 'd');
  for (const char* padding : {"", "-"}) {  // one of them puts the data at an odd address
    std::string items = p::text(padding) + "N";
    std::vector<std::pair<std::string, std::string>> storages;
    for (int i = 0; i < 64; i++) {
      const std::string key = std::to_string(i);
      storages.emplace_back(key, i == 0 ? data : "");
      items += p::text(key) + p::tensor(p::storage("DoubleStorage", key, 1 << 17), p::number(0),
                                        p::number(1 << 17), p::number(1));
    }
    std::string file = torch_zip(p::dict(items), storages);
    if (file.find(data) % 2 == 0) continue;
    point_all_at_second(file);
    expect_corrupt(file, "storages overlap");
    return;
  }
  FAIL() << "no odd address";
}

}  // namespace
}  // namespace gsttorch
