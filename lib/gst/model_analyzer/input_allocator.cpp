// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/model_analyzer/input_allocator.h"

#include <cstdlib>
#include <memory>
#include <utility>

#include "lib/base/block_source.h"
#include "lib/device/primary_context.h"
#include "lib/gst/gsttorchmemory-private.h"

namespace gsttorch {
namespace {

// Host memory that a GPU copies from without staging.
class PinnedBlockSource final : public BlockSource {
 public:
  explicit PinnedBlockSource(PrimaryContext context) : context_(std::move(context)) {}

  void* allocate(std::size_t bytes) noexcept override {
    const auto block = context_.allocate_pinned(bytes);
    return block ? *block : nullptr;
  }
  void free(void* block, std::size_t) noexcept override { (void)context_.free_pinned(block); }

 private:
  const PrimaryContext context_;
};

bool is_wanted_on_cpu() {
  const char* value = std::getenv("GST_TORCH_INPUT_ALLOCATOR");
  return value && *value && std::string(value) != "0";
}

}  // namespace

Ref<GstAllocator> make_input_allocator(const std::string& device) {
  if (device.starts_with("cuda:")) {
    auto context = PrimaryContext::of(std::atoi(device.c_str() + 5));
    if (!context) return {};
    auto source = std::make_shared<PinnedBlockSource>(std::move(context).value());
    return Ref<GstAllocator>::adopt(new_allocator(source));
  }
  if (!is_wanted_on_cpu()) return {};
  return Ref<GstAllocator>::adopt(gst_torch_allocator_new());
}

}  // namespace gsttorch
