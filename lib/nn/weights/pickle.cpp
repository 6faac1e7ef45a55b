// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/weights/pickle.h"

#include <cstring>
#include <string>
#include <unordered_map>

#include "lib/nn/weights/corrupt.h"
#include "lib/nn/weights/pickle_objects.h"

namespace gsttorch {
namespace {

// Far above any state dict (about 30 values per tensor), far below what would hurt: with these
// limits no input makes the reader hold more than about 200 MB.
constexpr std::size_t kMaxSteps = 4'000'000;
constexpr std::size_t kMaxValues = 1'000'000;
constexpr std::size_t kMaxNameLength = 256;

enum Opcode : unsigned char {
  kMark = '(',
  kEmptyTuple = ')',
  kStop = '.',
  kBinFloat = 'G',
  kBinInt = 'J',
  kBinInt1 = 'K',
  kBinInt2 = 'M',
  kNone = 'N',
  kBinPersId = 'Q',
  kReduce = 'R',
  kBinUnicode = 'X',
  kEmptyList = ']',
  kAppend = 'a',
  kBuild = 'b',
  kGlobal = 'c',
  kAppends = 'e',
  kBinGet = 'h',
  kLongBinGet = 'j',
  kBinPut = 'q',
  kLongBinPut = 'r',
  kSetItem = 's',
  kTuple = 't',
  kSetItems = 'u',
  kEmptyDict = '}',
  kProto = 0x80,
  kTuple1 = 0x85,
  kTuple2 = 0x86,
  kTuple3 = 0x87,
  kNewTrue = 0x88,
  kNewFalse = 0x89,
  kLong1 = 0x8a,
  // Protocol 4, which torch.save writes when asked to.
  kShortBinUnicode = 0x8c,
  kStackGlobal = 0x93,
  kMemoize = 0x94,
  kFrame = 0x95,
};

}  // namespace

PickleRef PickleDict::find(std::string_view key) const {
  for (const auto& [name, value] : items) {
    const auto* text = name->as<std::string_view>();
    if (text && *text == key) return value;
  }
  return nullptr;
}

/// The stack machine itself. Fills a Pickle.
class Unpickler {
 public:
  Unpickler(Pickle& pickle, std::string_view bytes) : pickle_(pickle), bytes_(bytes) {}

  void run() {
    for (std::size_t steps = 0; steps < kMaxSteps; steps++) {
      const auto opcode = static_cast<Opcode>(read_int<std::uint8_t>());
      if (opcode == kStop) return finish();
      step(opcode);
    }
    fail_corrupt("the pickle has too many steps");
  }

 private:
  void finish() {
    pickle_.root_ = pop();
    pickle_.size_ = position_;
  }

  void step(Opcode opcode) {
    if (!push_constant(opcode) && !push_number_or_text(opcode) && !use_memo(opcode) &&
        !fill_container(opcode) && !make_object(opcode)) {
      fail_corrupt("malformed pickle: unknown opcode " + std::to_string(opcode));
    }
  }

  bool push_constant(Opcode opcode) {
    switch (opcode) {
      case kProto:
        if (read_int<std::uint8_t>() > 5) fail_corrupt("the pickle has an unknown protocol");
        return true;
      case kFrame:
        read_int<std::uint64_t>();  // only a hint for reading ahead
        return true;
      case kMark:
        marks_.push_back(stack_.size());
        return true;
      case kNone:
        return push({PickleNone{}});
      case kNewTrue:
        return push({true});
      case kNewFalse:
        return push({false});
      case kEmptyTuple:
        return push({PickleTuple{}});
      case kEmptyList:
        return push({PickleList{}});
      case kEmptyDict:
        return push({PickleDict{}});
      default:
        return false;
    }
  }

  bool push_number_or_text(Opcode opcode) {
    switch (opcode) {
      case kBinInt:
        return push({std::int64_t{read_int<std::int32_t>()}});
      case kBinInt1:
        return push({std::int64_t{read_int<std::uint8_t>()}});
      case kBinInt2:
        return push({std::int64_t{read_int<std::uint16_t>()}});
      case kLong1:
        return push({read_long()});
      case kBinFloat:
        return push({read_double()});
      case kBinUnicode:
        return push({read_bytes(read_int<std::uint32_t>())});
      case kShortBinUnicode:
        return push({read_bytes(read_int<std::uint8_t>())});
      default:
        return false;
    }
  }

  bool use_memo(Opcode opcode) {
    switch (opcode) {
      case kBinPut:
        memo_[read_int<std::uint8_t>()] = top();
        return true;
      case kLongBinPut:
        memo_[read_int<std::uint32_t>()] = top();
        return true;
      case kMemoize:
        memo_[static_cast<std::uint32_t>(memo_.size())] = top();
        return true;
      case kBinGet:
        stack_.push_back(remembered(read_int<std::uint8_t>()));
        return true;
      case kLongBinGet:
        stack_.push_back(remembered(read_int<std::uint32_t>()));
        return true;
      default:
        return false;
    }
  }

  bool fill_container(Opcode opcode) {
    switch (opcode) {
      case kAppend: {
        const std::vector<PickleRef> one = {pop()};
        return append(one);
      }
      case kAppends:
        return append(pop_to_mark());
      case kSetItem: {
        PickleRef value = pop();
        const std::vector<PickleRef> pair = {pop(), value};
        return set_items(pair);
      }
      case kSetItems:
        return set_items(pop_to_mark());
      case kTuple:
        return push({PickleTuple{pop_to_mark()}});
      case kTuple1:
        return push_tuple(1);
      case kTuple2:
        return push_tuple(2);
      case kTuple3:
        return push_tuple(3);
      default:
        return false;
    }
  }

  bool make_object(Opcode opcode) {
    switch (opcode) {
      case kGlobal: {
        const std::string_view module = read_line();
        return push(global_value(module, read_line()));
      }
      case kStackGlobal: {
        PickleRef name = pop();
        const auto& module = expect<std::string_view>(pop(), "a module's name");
        return push(global_value(module, expect<std::string_view>(name, "a name")));
      }
      case kBinPersId:
        return push(storage_value(pop()));
      case kReduce:
        return reduce();
      case kBuild:
        return build();
      default:
        return false;
    }
  }

  bool append(const std::vector<PickleRef>& items) {
    auto* list = std::get_if<PickleList>(&top()->data);
    if (!list) fail_corrupt("malformed pickle: expected a list");
    list->items.insert(list->items.end(), items.begin(), items.end());
    return true;
  }

  bool set_items(const std::vector<PickleRef>& items) {
    auto* dict = std::get_if<PickleDict>(&top()->data);
    if (!dict || items.size() % 2 != 0) fail_corrupt("malformed pickle: expected a dict");
    for (std::size_t i = 0; i < items.size(); i += 2) {
      dict->items.emplace_back(items[i], items[i + 1]);
    }
    return true;
  }

  bool push_tuple(std::size_t count) {
    std::vector<PickleRef> items(count);
    for (std::size_t i = count; i > 0; i--) items[i - 1] = pop();
    return push({PickleTuple{std::move(items)}});
  }

  bool reduce() {
    PickleRef packed = pop();
    const auto& arguments = expect<PickleTuple>(packed, "a tuple of arguments").items;
    switch (expect<PickleFunction>(pop(), "a function")) {
      case PickleFunction::OrderedDict:
        if (!arguments.empty()) fail_corrupt("the pickle has an OrderedDict with arguments");
        return push({PickleDict{}});
      case PickleFunction::RebuildTensor:
        return push(rebuild_tensor(arguments));
      case PickleFunction::RebuildParameter:
        if (arguments.empty()) fail_corrupt("the pickle has a parameter without a tensor");
        expect<PickleTensor>(arguments[0], "a tensor");
        stack_.push_back(arguments[0]);
        return true;
    }
    return false;
  }

  /// A state dict carries attributes (the modules' version numbers); nobody here needs them.
  bool build() {
    expect<PickleDict>(pop(), "attributes");
    expect<PickleDict>(top(), "a dict");
    return true;
  }

  bool push(PickleValue value) {
    if (pickle_.arena_.size() >= kMaxValues) fail_corrupt("the pickle has too many values");
    pickle_.arena_.push_back(std::move(value));
    stack_.push_back(&pickle_.arena_.back());
    return true;
  }

  std::size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }

  PickleRef top() const {
    if (stack_.size() <= floor()) fail_corrupt("malformed pickle: the stack is empty");
    return stack_.back();
  }

  PickleRef pop() {
    PickleRef value = top();
    stack_.pop_back();
    return value;
  }

  std::vector<PickleRef> pop_to_mark() {
    if (marks_.empty()) fail_corrupt("malformed pickle: no mark");
    const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    std::vector<PickleRef> items(first, stack_.end());
    stack_.erase(first, stack_.end());
    marks_.pop_back();
    return items;
  }

  PickleRef remembered(std::uint32_t index) const {
    const auto found = memo_.find(index);
    if (found == memo_.end()) fail_corrupt("malformed pickle: unknown memo entry");
    return found->second;
  }

  std::string_view read_bytes(std::size_t count) {
    if (count > bytes_.size() - position_) fail_corrupt("the pickle is truncated");
    const std::string_view result = bytes_.substr(position_, count);
    position_ += count;
    return result;
  }

  template <typename T>
  T read_int() {  // pickles are little-endian, and so is every machine this runs on
    T value;
    std::memcpy(&value, read_bytes(sizeof(T)).data(), sizeof(T));
    return value;
  }

  std::int64_t read_long() {
    const std::string_view digits = read_bytes(read_int<std::uint8_t>());
    if (digits.size() > sizeof(std::int64_t))
      fail_corrupt("the pickle has a number that is too large");
    const bool negative = !digits.empty() && (digits.back() & 0x80) != 0;
    std::int64_t value = negative ? -1 : 0;
    std::memcpy(&value, digits.data(), digits.size());
    return value;
  }

  double read_double() {  // the one big-endian field
    const std::uint64_t bits = __builtin_bswap64(read_int<std::uint64_t>());
    double value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }

  std::string_view read_line() {
    const std::size_t end = bytes_.substr(position_, kMaxNameLength).find('\n');
    if (end == std::string_view::npos) fail_corrupt("malformed pickle: unterminated name");
    const std::string_view line = read_bytes(end);
    position_++;
    return line;
  }

  Pickle& pickle_;
  std::string_view bytes_;
  std::size_t position_ = 0;
  std::vector<PickleRef> stack_;
  std::vector<std::size_t> marks_;  // where in the stack each MARK stands
  std::unordered_map<std::uint32_t, PickleRef> memo_;
};

Pickle::Pickle(std::string_view bytes) { Unpickler(*this, bytes).run(); }

}  // namespace gsttorch
