// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/shots/shot_windows.h"

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

// Appends the frames whose results the window keeps, in order.
void append_kept(const ShotWindows::Window& window, std::vector<std::size_t>& kept) {
  EXPECT_EQ(window.frames.size(), ShotWindows::kLength);
  for (std::size_t i = 0; i < window.count; i++) {
    kept.push_back(number(window.frames[window.first + i]));
  }
}

class WindowsOf : public testing::TestWithParam<std::size_t> {};

TEST_P(WindowsOf, a_stream_keep_every_frame_once_in_order) {
  ShotWindows windows;
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < GetParam(); i++) {
    if (const auto window = windows.push(frame(i))) append_kept(*window, kept);
    EXPECT_LE(i - kept.size() + 1, ShotWindows::kLookAhead) << "undecided after frame " << i;
  }
  while (const auto window = windows.finish()) append_kept(*window, kept);
  ASSERT_EQ(kept.size(), GetParam());
  for (std::size_t i = 0; i < kept.size(); i++) EXPECT_EQ(kept[i], i);
}

INSTANTIATE_TEST_SUITE_P(Lengths, WindowsOf,
                         testing::Values(1, 2, 25, 50, 74, 75, 76, 99, 100, 125, 126, 333));

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
  EXPECT_EQ(number(window->frames[window->first]), 30u);
  EXPECT_EQ(number(window->frames[window->first - 1]), 29u);
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
