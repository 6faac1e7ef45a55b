// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/scenes/contact_sheet.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <set>

#include "lib/formats/output_file.h"
#include "tools/gst-torch/scenes/frame_reader.h"
#include "tools/gst-torch/scenes/image_comment.h"
#include "tools/gst-torch/support/drawing/image_canvas.h"

namespace gsttorch {
namespace {

constexpr std::size_t kRowsOnPage = 40;
constexpr int kWidest = 240, kHighest = 180;          // of a frame, pixels
constexpr int kMargin = 16, kGap = 12, kWords = 130;  // pixels
constexpr int kHeader = 40, kCaption = 20;            // pixels
constexpr Color kPaper{255, 255, 255}, kInk{31, 35, 40}, kSoft{101, 109, 118}, kRule{222, 226, 230};

using Frames = std::array<std::uint64_t, 3>;  // of a row

Frames frames_of(const Shot& shot) {
  const std::uint64_t last = shot.end_frame - 1;
  return {shot.first_frame, shot.first_frame + (last - shot.first_frame) / 2, last};
}

std::vector<std::uint64_t> frames_of(const std::vector<Shot>& shots) {
  std::set<std::uint64_t> numbers;
  for (const Shot& shot : shots) {
    for (const std::uint64_t number : frames_of(shot)) numbers.insert(number);
  }
  return {numbers.begin(), numbers.end()};
}

struct Size {
  int width = 0, height = 0;
};

// As large as fits, with the image's shape.
Size frame_size(const VideoFacts& facts) {
  const double width = std::max(1, facts.width), height = std::max(1, facts.height);
  const double scale = std::min(kWidest / width, kHighest / height);
  return {std::max(1, static_cast<int>(width * scale)),
          std::max(1, static_cast<int>(height * scale))};
}

std::string page_path(const std::string& path, std::size_t page) {
  if (page == 0) return path;
  std::filesystem::path name(path);
  const std::string ending = name.extension().string();
  return name.replace_extension().string() + "-" + std::to_string(page + 1) + ending;
}

// Pages of an earlier run that had more of them; what others made is left alone.
void remove_pages_from(const std::string& path, std::size_t page) {
  std::error_code ignored;
  while (is_marked_as_page(page_path(path, page))) {
    if (!std::filesystem::remove(page_path(path, page++), ignored)) return;
  }
}

class Sheet {
 public:
  Sheet(const SheetRequest& request, const SceneScan& scan)
      : request_(request), scan_(scan), shots_(scan.shots), size_(frame_size(request.facts)) {}

  int frame_width() const { return size_.width; }
  const std::vector<std::string>& pages() const { return pages_; }

  /// Frames in their order.
  Result<void> take(std::uint64_t number, const Image& image) {
    if (auto begun = page_ ? Result<void>() : begin_page(); !begun) return begun;
    const auto frames = frames_of(shots_[row_]);
    for (std::size_t i = 0; i < frames.size(); i++) {
      if (frames[i] == number) draw_frame(i, number, image);
    }
    return number == frames.back() ? end_row() : Result<void>();
  }

 private:
  int row_height() const { return size_.height + kCaption + kGap; }
  int top_of_row() const {
    return kHeader + static_cast<int>(row_ % kRowsOnPage) * row_height() + kGap;
  }

  Result<void> begin_page() {
    const std::size_t rows = std::min(kRowsOnPage, shots_.size() - row_);
    const int width = 2 * kMargin + kWords + 3 * (size_.width + kGap) - kGap;
    const int height = kHeader + static_cast<int>(rows) * row_height() + kGap;
    auto page = ImageCanvas::create(width, height, kPaper);
    if (!page) return page.error();
    page_ = std::move(*page);
    const std::string name = std::filesystem::path(request_.video).filename().string();
    std::string count = std::to_string(shots_.size()) + (shots_.size() == 1 ? " shot" : " shots");
    if (shots_.size() > rows) {
      count += ", " + std::to_string(row_ + 1) + " to " + std::to_string(row_ + rows);
    }
    page_->write(name, {kMargin, 26}, {kInk, 17});
    page_->write(count, {double(width) - kMargin, 26}, {kSoft, 14, Anchor::End});
    describe_row();
    return {};
  }

  void describe_row() {
    const Shot& shot = shots_[row_];
    const double top = top_of_row(), right = kMargin + kWords + 3 * (size_.width + kGap) - kGap;
    page_->draw({{kMargin, top - kGap / 2.0}, {right, top - kGap / 2.0}}, {kRule});
    page_->write(std::to_string(row_ + 1), {kMargin, top + 22}, {kInk, 24});
    double y = top + 46;
    const auto line = [&](const std::string& text) {
      page_->write(text, {kMargin, y}, {kSoft, 13});
      y += 18;
    };
    if (shot.boundary) line(to_string(shot.boundary->kind));
    line(std::to_string(shot.frames()) + (shot.frames() == 1 ? " frame" : " frames"));
    if (shot.start_ns && shot.end_ns) line(timecode(*shot.end_ns - *shot.start_ns));
  }

  void draw_frame(std::size_t column, std::uint64_t number, const Image& image) {
    const int x = kMargin + kWords + static_cast<int>(column) * (size_.width + kGap);
    page_->paste(image, x, top_of_row());
    outline(x - 1, top_of_row() - 1, image.width + 1, image.height + 1);
    page_->write(caption_of(number), {double(x), double(top_of_row() + size_.height + 14)},
                 {kSoft, 12});
  }

  // White images end somewhere, too.
  void outline(double x, double y, double width, double height) {
    page_->draw({{x, y}, {x + width, y}, {x + width, y + height}, {x, y + height}, {x, y}},
                {kRule});
  }

  std::string caption_of(std::uint64_t number) const {
    const std::string text = "frame " + std::to_string(number + 1);
    const auto& time = scan_.scores[number].time;
    return time ? timecode(*time) + "  " + text : text;
  }

  Result<void> end_row() {
    row_++;
    if (row_ % kRowsOnPage != 0 && row_ < shots_.size()) {
      describe_row();
      return {};
    }
    pages_.push_back(page_path(request_.path, pages_.size()));
    const auto page = std::move(page_);
    auto file = encode_image(pages_.back(), page->image());
    if (!file) return file.error();
    return write_whole_file(pages_.back(), marked_as_page(std::move(*file)));
  }

  const SheetRequest& request_;
  const SceneScan& scan_;
  const std::vector<Shot>& shots_;
  const Size size_;
  std::size_t row_ = 0;
  std::unique_ptr<ImageCanvas> page_;  // the one in work
  std::vector<std::string> pages_;
};

}  // namespace

Result<std::vector<std::string>> write_contact_sheet(const SheetRequest& request,
                                                     const SceneScan& scan) {
  Sheet sheet(request, scan);
  const auto done = read_frames(
      {request.video, request.facts.source, sheet.frame_width()}, frames_of(scan.shots),
      [&sheet](std::uint64_t number, const Image& image) { return sheet.take(number, image); });
  if (!done) return done.error();
  remove_pages_from(request.path, sheet.pages().size());
  return sheet.pages();
}

}  // namespace gsttorch
