// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/util/image_loader.h"

#include <atomic>
#include <condition_variable>
#include <stdexcept>

#include <gtest/gtest.h>

#include "tests/support/slow_image.h"
#include "tests/support/temp_directory.h"

namespace gsttorch {
namespace {

ReferenceImage image_of(const std::string& path) { return {path, 1, 1, 3, {1, 2, 3}}; }

// Reads at once, but blocks until cancelled if the path begins with "slow".
Result<ReferenceImage> read(const std::string& path, const std::stop_token& stop) {
  if (path == "throws") throw std::runtime_error("a reason");
  if (path == "broken") return Error{ErrorCode::Corrupt, "broken"};
  if (!path.starts_with("slow")) return image_of(path);
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait(lock, stop, [] { return false; });
  return Error{ErrorCode::Cancelled, "cancelled"};
}

TEST(ImageLoader, hands_each_image_out_once) {
  ImageLoader loader(read);
  EXPECT_FALSE(loader.take("a"));
  loader.request("a");
  loader.request("b");
  for (const char* path : {"b", "a"}) {
    ASSERT_TRUE(loader.wait_for(path, {}));
    EXPECT_TRUE(loader.is_there(path));
    const auto taken = loader.take(path);
    ASSERT_TRUE(taken && *taken);
    EXPECT_EQ((*taken).value().path, path);
    EXPECT_FALSE(loader.take(path));
  }
  loader.request("a");
  EXPECT_TRUE(loader.wait_for("a", {}));
}

TEST(ImageLoader, hands_out_why_an_image_is_none) {
  ImageLoader loader(read);
  for (const char* path : {"broken", "throws"}) loader.request(path);
  for (const char* path : {"broken", "throws"}) {
    ASSERT_TRUE(loader.wait_for(path, {}));
    const auto taken = loader.take(path);
    ASSERT_TRUE(taken);
    EXPECT_FALSE(*taken);
  }
}

TEST(ImageLoader, ends_a_wait_on_a_stop_request) {
  ImageLoader loader(read);
  loader.request("slow");
  std::stop_source stop;
  std::jthread other([&] { stop.request_stop(); });
  EXPECT_FALSE(loader.wait_for("slow", stop.get_token()));
}  // also cancels the pending read, otherwise the test would not end

TEST(ImageLoader, cancels_images_that_are_no_longer_needed) {
  ImageLoader loader(read);
  loader.request("slow");
  loader.request("slow too");
  loader.request("a");
  loader.keep_only({"a"});
  EXPECT_TRUE(loader.wait_for("a", {}));
  EXPECT_TRUE(loader.take("a"));
  EXPECT_FALSE(loader.take("slow"));
}

TEST(ImageLoader, reads_a_cancelled_image_again) {
  std::atomic<int> reads = 0;
  ImageLoader loader([&](const std::string& path, const std::stop_token& stop) {
    return reads++ == 0 ? read("slow", stop) : read(path, stop);
  });
  loader.request("a");
  while (reads == 0) std::this_thread::yield();
  loader.keep_only({});
  loader.request("a");
  ASSERT_TRUE(loader.wait_for("a", {}));
  EXPECT_TRUE(*loader.take("a"));
  EXPECT_EQ(reads, 2);
}

TEST(ImageFile, is_given_up_while_a_decoder_is_at_work) {
  const TempDirectory directory;
  SlowImages& slow = SlowImages::instance();
  slow.write(directory.path("slow.pic"));
  std::stop_source stop;
  std::jthread other([&] {
    slow.wait_until_begun(1);
    stop.request_stop();
  });
  const auto image = read_reference_image(directory.path("slow.pic"), stop.get_token());
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code, ErrorCode::Cancelled);
}

TEST(ImageFile, is_read_by_whatever_decoder_there_is) {
  const TempDirectory directory;
  SlowImages& slow = SlowImages::instance();
  slow.write(directory.path("slow.pic"));
  slow.release();
  const auto image = read_reference_image(directory.path("slow.pic"));
  ASSERT_TRUE(image) << image.error().message;
  EXPECT_EQ(image->width, SlowImages::kWidth);
}

}  // namespace
}  // namespace gsttorch
