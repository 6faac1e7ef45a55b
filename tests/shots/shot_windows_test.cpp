// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/shots/shot_windows.h"

#include <tuple>

#include <gtest/gtest.h>

namespace gsttorch {
namespace {

// A frame with a distinct value.
Thumbnail frame(std::size_t number) {
  Thumbnail thumbnail;
  thumbnail.rgb[0] = static_cast<std::uint8_t>(number);
  thumbnail.rgb[1] = static_cast<std::uint8_t>(number >> 8);
  return thumbnail;
}

std::size_t number(const Thumbnail& thumbnail) { return thumbnail.rgb[0] + 256 * thumbnail.rgb[1]; }

using Batch = ShotWindows::Batch;

// The windows of a batch, as the model cuts them out of its frames.
std::vector<std::vector<std::size_t>> windows_of(const Batch& batch) {
  std::vector<std::vector<std::size_t>> windows(batch.windows);
  for (std::size_t w = 0; w < batch.windows; w++) {
    for (std::size_t i = 0; i < ShotWindows::kLength; i++) {
      windows[w].push_back(number(batch.frames.at(w * ShotWindows::kStep + i)));
    }
  }
  return windows;
}

// Appends the frames whose results are used, in order, as `frame` and `index` find them.
void append_used(const Batch& batch, std::vector<std::size_t>& used) {
  ASSERT_EQ(batch.frames.size(), (batch.windows + 1) * ShotWindows::kStep);
  const auto windows = windows_of(batch);
  for (std::size_t i = 0; i < batch.count; i++) {
    used.push_back(number(batch.frames[Batch::frame(i)]));
    const std::size_t window = Batch::index(i) / ShotWindows::kLength;
    const std::size_t place = Batch::index(i) % ShotWindows::kLength;
    EXPECT_EQ(windows.at(window)[place], used.back());
    EXPECT_GE(place, ShotWindows::kMargin);
    EXPECT_LT(place, ShotWindows::kMargin + ShotWindows::kStep);
  }
}

// All windows of a stream.
std::vector<std::vector<std::size_t>> all_windows(std::size_t at_once, std::size_t frames) {
  ShotWindows windows(at_once);
  std::vector<std::vector<std::size_t>> all;
  const auto append = [&all](const Batch& batch) {
    for (auto& window : windows_of(batch)) all.push_back(std::move(window));
  };
  for (std::size_t i = 0; i < frames; i++) {
    if (const auto batch = windows.push(frame(i))) append(*batch);
  }
  while (const auto batch = windows.finish()) append(*batch);
  return all;
}

class WindowsOf : public testing::TestWithParam<std::tuple<std::size_t, std::size_t>> {
 protected:
  const std::size_t frames = std::get<0>(GetParam()), at_once = std::get<1>(GetParam());
};

TEST_P(WindowsOf, a_stream_use_every_frame_once_in_order) {
  ShotWindows windows(at_once);
  std::vector<std::size_t> used;
  for (std::size_t i = 0; i < frames; i++) {
    if (const auto batch = windows.push(frame(i))) append_used(*batch, used);
    EXPECT_LE(i - used.size() + 1, windows.look_ahead()) << "undecided after frame " << i;
  }
  while (const auto batch = windows.finish()) append_used(*batch, used);
  ASSERT_EQ(used.size(), frames);
  for (std::size_t i = 0; i < used.size(); i++) EXPECT_EQ(used[i], i);
}

TEST_P(WindowsOf, a_stream_are_the_same_however_many_are_returned_at_once) {
  EXPECT_EQ(all_windows(at_once, frames), all_windows(1, frames));
}

INSTANTIATE_TEST_SUITE_P(Lengths, WindowsOf,
                         testing::Combine(testing::Values(1, 2, 25, 50, 74, 75, 76, 99, 100, 125,
                                                          126, 333),
                                          testing::Values(1, 2, 4)));

TEST(ShotWindows, wait_for_as_many_frames_as_all_windows_of_a_batch_need) {
  EXPECT_EQ(ShotWindows().look_ahead(), 74u);
  EXPECT_EQ(ShotWindows(3).look_ahead(), 174u);
}

TEST(ShotWindows, stand_copies_of_the_first_and_last_frame_beyond_the_ends) {
  ShotWindows windows;
  for (std::size_t i = 7; i < 17; i++) windows.push(frame(i));
  const auto window = windows.finish();
  ASSERT_TRUE(window);
  EXPECT_EQ(window->count, 10u);
  EXPECT_EQ(number(window->frames.front()), 7u);
  EXPECT_EQ(number(window->frames[24]), 7u);
  EXPECT_EQ(number(window->frames[25]), 7u);
  EXPECT_EQ(number(window->frames[34]), 16u);
  EXPECT_EQ(number(window->frames.back()), 16u);
  EXPECT_FALSE(windows.finish());
}

TEST(ShotWindows, continue_after_a_pause_with_the_last_frames_as_neighbours) {
  ShotWindows windows;
  for (std::size_t i = 0; i < 30; i++) windows.push(frame(i));
  while (windows.finish()) {
  }
  for (std::size_t i = 30; i < 40; i++) windows.push(frame(i));
  const auto window = windows.finish();
  ASSERT_TRUE(window);
  EXPECT_EQ(window->count, 10u);
  EXPECT_EQ(number(window->frames[Batch::frame(0)]), 30u);
  EXPECT_EQ(number(window->frames[Batch::frame(0) - 1]), 29u);
  EXPECT_EQ(number(window->frames.front()), 5u);
}

TEST(ShotWindows, forget_all_when_they_are_reset) {
  ShotWindows windows;
  for (std::size_t i = 0; i < 30; i++) windows.push(frame(i));
  windows.reset();
  EXPECT_FALSE(windows.finish());
  windows.push(frame(200));
  EXPECT_EQ(number(windows.finish()->frames.front()), 200u);
}

}  // namespace
}  // namespace gsttorch
