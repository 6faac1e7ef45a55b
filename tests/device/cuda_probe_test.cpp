// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/device/cuda_probe.h"

#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/device/cuda_libraries.h"
#include "tests/support/temp_directory.h"

namespace gsttorch {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr std::size_t kMegabyte = 1 << 20;

/// A machine with a GPU, a driver for CUDA 13.0 and a complete LibTorch for CUDA 13.2.
CudaProbe good_machine() {
  CudaProbe probe;
  probe.driver_found = true;
  probe.driver = {13, 0};
  probe.built = {13, 2};
  probe.required = {13, 0};
  probe.devices = {{"GPU", {7, 5}, 8000 * kMegabyte, 4000 * kMegabyte}};
  probe.torch_library = "torch/lib/libtorch_cuda.so";
  probe.torch_directory = "torch/lib";
  return probe;
}

std::string problem(const CudaProbe& probe) {
  const auto checked = check_cuda(probe);
  return checked ? "" : checked.error().message;
}

/// Uses the machine that the fake driver of this test simulates.
class PretendedMachine : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name :
         {"FAKE_CUDA_VERSION", "FAKE_CUDA_INIT", "FAKE_CUDA_DEVICES", "FAKE_CUDA_CAPABILITY",
          "FAKE_NVML_RELEASE", "FAKE_NVML_FREE_MB", "CUDA_VISIBLE_DEVICES"}) {
      unsetenv(name);
    }
    write_text(directory_.path("libtorch_cuda.so"), "a library");
  }
  CudaProbe probe() const { return probe_cuda(directory_.path()); }

  TempDirectory directory_;
};

MATCHER(IsOneLine, "") { return arg.find('\n') == std::string::npos && !arg.empty(); }

TEST(CudaCheck, accepts_a_machine_that_has_everything) { EXPECT_EQ(problem(good_machine()), ""); }

TEST(CudaCheck, names_what_a_driver_must_serve_where_there_is_none) {
  CudaProbe probe = good_machine();
  probe.driver_found = false;
  probe.driver = {};
  probe.driver_problem = "libcuda.so.1: cannot open shared object file";
  EXPECT_THAT(problem(probe),
              AllOf(IsOneLine(), HasSubstr("libcuda.so.1"), HasSubstr("CUDA 13.0 or later"),
                    HasSubstr("release 580 or later"), HasSubstr("device=cpu")));
}

TEST(CudaCheck, names_the_drivers_version_and_the_one_that_is_required) {
  CudaProbe probe = good_machine();
  probe.driver = {12, 4};
  probe.driver_release = "550.54.14";
  EXPECT_THAT(problem(probe),
              AllOf(IsOneLine(), HasSubstr("CUDA 12.4 (release 550.54.14)"),
                    HasSubstr("CUDA 13.0 or later"), HasSubstr("update the driver")));
}

TEST(CudaCheck, takes_any_driver_of_the_same_major_version) {
  CudaProbe probe = good_machine();
  for (const CudaVersion version : {CudaVersion{13, 0}, {13, 1}, {13, 9}, {14, 0}}) {
    probe.driver = version;
    EXPECT_EQ(problem(probe), "") << version.text();
  }
}

TEST(CudaCheck, says_that_libtorch_was_built_without_cuda) {
  CudaProbe probe = good_machine();
  probe.built = {};
  EXPECT_THAT(problem(probe), AllOf(IsOneLine(), HasSubstr("built without CUDA")));
}

TEST(CudaCheck, says_how_to_get_the_cuda_half_of_libtorch) {
  CudaProbe probe = good_machine();
  probe.torch_library.clear();
  EXPECT_THAT(problem(probe), AllOf(IsOneLine(), HasSubstr("no libtorch_cuda.so in torch/lib"),
                                    HasSubstr("GST_TORCH_SETUP_CUDA=1 tools/setup")));
}

TEST(CudaCheck, refuses_a_device_that_is_not_there) {
  const auto checked = check_cuda_device(good_machine(), 3);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().message,
            "device cuda:3 does not exist: the number of CUDA devices is 1");
}

TEST(CudaCheck, refuses_a_gpu_that_is_too_old_for_libtorch) {
  CudaProbe probe = good_machine();
  probe.devices[0].capability = {6, 1};
  const auto checked = check_cuda_device(probe, 0);
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().message, AllOf(HasSubstr("6.1"), HasSubstr("requires 7.5 or later")));
  EXPECT_FALSE(least_loaded_device(probe));
}

TEST(LeastLoadedDevice, is_the_one_with_most_free_memory) {
  CudaProbe probe = good_machine();
  probe.devices.push_back({"GPU", {7, 5}, 8000 * kMegabyte, 7000 * kMegabyte});
  probe.devices.push_back({"GPU", {7, 5}, 8000 * kMegabyte, 5000 * kMegabyte});
  EXPECT_EQ(least_loaded_device(probe), 1);
}

TEST(LeastLoadedDevice, is_none_that_is_too_old_however_free_it_is) {
  CudaProbe probe = good_machine();
  probe.devices.push_back({"old", {5, 0}, 8000 * kMegabyte, 8000 * kMegabyte});
  EXPECT_EQ(least_loaded_device(probe), 0);
}

TEST(LeastLoadedDevice, is_the_first_where_free_memory_is_not_known) {
  CudaProbe probe = good_machine();
  probe.devices[0].free_bytes.reset();
  probe.devices.push_back(probe.devices[0]);
  EXPECT_EQ(least_loaded_device(probe), 0);
}

TEST_F(PretendedMachine, is_found_with_its_devices_and_their_memory) {
  setenv("FAKE_CUDA_DEVICES", "2", 1);
  setenv("FAKE_NVML_FREE_MB", "1000,6000", 1);
  const CudaProbe found = probe();
  EXPECT_EQ(problem(found), "");
  EXPECT_EQ(found.driver, (CudaVersion{13, 0}));
  EXPECT_EQ(found.driver_release, "580.65.06");
  ASSERT_EQ(found.devices.size(), 2U);
  EXPECT_EQ(found.devices[1].name, "Pretended GPU 1");
  EXPECT_EQ(found.devices[1].capability, (CudaVersion{7, 5}));
  EXPECT_EQ(found.devices[1].total_bytes, std::size_t{8} << 30);
  EXPECT_EQ(found.devices[0].free_bytes, 1000 * kMegabyte);
  EXPECT_EQ(found.devices[1].free_bytes, 6000 * kMegabyte);
  EXPECT_EQ(least_loaded_device(found), 1);
}

TEST_F(PretendedMachine, does_without_nvml) {
  const CudaProbe found = probe();
  EXPECT_EQ(problem(found), "");
  ASSERT_EQ(found.devices.size(), 1U);
  EXPECT_FALSE(found.devices[0].free_bytes);
  EXPECT_EQ(found.driver_release, "");
}

TEST_F(PretendedMachine, with_an_old_driver_is_told_both_versions) {
  setenv("FAKE_CUDA_VERSION", "11040", 1);
  setenv("FAKE_NVML_FREE_MB", "1000", 1);
  setenv("FAKE_NVML_RELEASE", "470.57.02", 1);
  EXPECT_THAT(problem(probe()), AllOf(IsOneLine(), HasSubstr("CUDA 11.4 (release 470.57.02)"),
                                      HasSubstr("requires a driver for CUDA 13.0 or later")));
}

TEST_F(PretendedMachine, whose_driver_fails_is_told_the_drivers_own_error) {
  setenv("FAKE_CUDA_INIT", "999", 1);
  EXPECT_THAT(problem(probe()),
              AllOf(IsOneLine(), HasSubstr("cuInit failed with 999, CUDA_ERROR_UNKNOWN"),
                    HasSubstr("nvidia-smi")));
}

TEST_F(PretendedMachine, whose_driver_fails_in_a_way_without_a_name_is_told_the_number) {
  setenv("FAKE_CUDA_INIT", "12345", 1);
  EXPECT_THAT(problem(probe()), HasSubstr("cuInit failed with 12345)"));
}

TEST_F(PretendedMachine, without_a_device_is_no_cuda_machine) {
  setenv("FAKE_CUDA_DEVICES", "0", 1);
  EXPECT_THAT(problem(probe()), AllOf(IsOneLine(), HasSubstr("reports no device"),
                                      Not(HasSubstr("CUDA_VISIBLE_DEVICES"))));
}

TEST_F(PretendedMachine, whose_devices_are_hidden_is_told_the_variable) {
  setenv("FAKE_CUDA_DEVICES", "0", 1);
  setenv("CUDA_VISIBLE_DEVICES", "-1", 1);
  EXPECT_THAT(problem(probe()), AllOf(IsOneLine(), HasSubstr("CUDA_VISIBLE_DEVICES=\"-1\"")));
}

TEST_F(PretendedMachine, whose_libtorch_lacks_the_cuda_half_is_told_so) {
  std::filesystem::remove(directory_.path("libtorch_cuda.so"));
  EXPECT_THAT(problem(probe()), HasSubstr("no libtorch_cuda.so in " + directory_.path()));
}

TEST_F(PretendedMachine, can_be_probed_by_many_threads_at_once) {
  setenv("FAKE_NVML_FREE_MB", "1000", 1);
  std::vector<std::thread> threads;
  std::vector<std::string> found(8, "not probed");
  for (std::string& said : found) threads.emplace_back([&] { said = problem(probe()); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(found, testing::Each(""));
}

TEST(TorchCuda, that_is_no_library_is_one_clear_error) {
  const TempDirectory directory;
  const std::string file = directory.path("libtorch_cuda.so");
  write_text(file, "no library at all");
  const auto loaded = load_torch_cuda(file);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ErrorCode::DeviceUnavailable);
  EXPECT_THAT(loaded.error().message,
              AllOf(IsOneLine(), HasSubstr(file), HasSubstr("GST_TORCH_SETUP_CUDA=1 tools/setup")));
}

TEST(TorchCuda, that_needs_a_missing_library_names_it) {
  const auto loaded = load_torch_cuda(NEEDY_LIBRARY);
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().message,
              AllOf(IsOneLine(), HasSubstr("its dependency libmissing_part.so.9 is missing")));
}

TEST(TorchCuda, that_is_not_there_is_one_clear_error) {
  const auto loaded = load_torch_cuda("/no/such/libtorch_cuda.so");
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().message,
              AllOf(IsOneLine(), Not(HasSubstr("its dependency")), HasSubstr("cannot open")));
}

TEST(TorchCuda, that_has_all_it_needs_is_loaded) { EXPECT_TRUE(load_torch_cuda(NOTHING_LIBRARY)); }

TEST(LoadedTorch, is_nowhere_in_a_process_without_it) { EXPECT_EQ(loaded_torch_directory(), ""); }

}  // namespace
}  // namespace gsttorch
