// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/base/static_data.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include <elf.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

namespace gsttorch {
namespace {

// Replaces __cxa_atexit.
int register_nothing(void (*)(void*), void*, void*) { return 0; }

// Replaces getenv in libgomp. Other threads, such as a decoder's, need the cores between parallel
// regions, and if two cores are hardware threads of one physical core, a spinning thread slows down
// the one that it waits for.
char* getenv_with_short_spinning(const char* name) {
  static char turns[] = "1000";
  char* const value = std::getenv(name);
  if (value || std::strcmp(name, "GOMP_SPINCOUNT") != 0) return value;
  return std::getenv("OMP_WAIT_POLICY") ? nullptr : turns;
}

/// A function of the C library and its replacement.
struct Redirection {
  const char* name;
  std::uintptr_t to;
};

// Functions instead of constants, because the constants of this file may not be initialised yet.
Redirection keep() { return {"__cxa_atexit", reinterpret_cast<std::uintptr_t>(&register_nothing)}; }
Redirection spin_shortly() {
  return {"getenv", reinterpret_cast<std::uintptr_t>(&getenv_with_short_spinning)};
}

std::string_view file_name(const dl_phdr_info& object) {
  const std::string_view path = object.dlpi_name;
  return path.substr(path.rfind('/') + 1);
}

/// Reads the dynamic section of a loaded library.
class DynamicSection {
 public:
  explicit DynamicSection(const dl_phdr_info& object) : base_(object.dlpi_addr) {
    for (int i = 0; i < object.dlpi_phnum; i++) {
      const auto& header = object.dlpi_phdr[i];
      if (header.p_type == PT_DYNAMIC) {
        entries_ = reinterpret_cast<const ElfW(Dyn)*>(base_ + header.p_vaddr);
      }
    }
  }

  /// Returns zero if the section has no entry with this tag.
  std::uintptr_t value(ElfW(Sxword) tag) const {
    for (const auto* entry = entries_; entry && entry->d_tag != DT_NULL; entry++) {
      if (entry->d_tag == tag) return entry->d_un.d_val;
    }
    return 0;
  }
  // glibc's loader makes the addresses in this section absolute; other loaders do not.
  template <typename T>
  const T* array(ElfW(Sxword) tag) const {
    const std::uintptr_t address = value(tag);
    return reinterpret_cast<const T*>(address && address < base_ ? base_ + address : address);
  }

 private:
  std::uintptr_t base_;
  const ElfW(Dyn) * entries_ = nullptr;
};

std::uintptr_t page_of(std::uintptr_t address) {
  return address & ~(static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE)) - 1);
}

/// Returns true if the loader made the page read-only after relocating the library. The loader
/// skips the last page if other data shares it.
bool is_read_only_now(const dl_phdr_info& object, std::uintptr_t address) {
  return std::any_of(object.dlpi_phdr, object.dlpi_phdr + object.dlpi_phnum,
                     [&](const ElfW(Phdr) & header) {
                       const std::uintptr_t begin = object.dlpi_addr + header.p_vaddr;
                       return header.p_type == PT_GNU_RELRO && address >= page_of(begin) &&
                              address < page_of(begin + header.p_memsz);
                     });
}

void write_entry(const dl_phdr_info& object, std::uintptr_t entry, std::uintptr_t to) {
  const bool is_protected = is_read_only_now(object, entry);
  void* const page = reinterpret_cast<void*>(page_of(entry));
  const auto size = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  if (is_protected && mprotect(page, size, PROT_READ | PROT_WRITE) != 0) return;
  *reinterpret_cast<std::uintptr_t*>(entry) = to;
  if (is_protected) mprotect(page, size, PROT_READ);
}

void redirect(const dl_phdr_info& object, const Redirection& redirection) {
  const DynamicSection section(object);
  const auto* symbols = section.array<ElfW(Sym)>(DT_SYMTAB);
  const auto* names = section.array<char>(DT_STRTAB);
  if (!symbols || !names) return;
  const auto redirect_all = [&](ElfW(Sxword) table, ElfW(Sxword) size) {
    const auto* relocation = section.array<ElfW(Rela)>(table);
    const std::size_t count = relocation ? section.value(size) / sizeof(ElfW(Rela)) : 0;
    for (const auto* end = relocation + count; relocation != end; relocation++) {
      const auto symbol = ELF64_R_SYM(relocation->r_info);
      if (symbol == 0 || relocation->r_addend != 0) continue;
      if (std::strcmp(names + symbols[symbol].st_name, redirection.name) != 0) continue;
      write_entry(object, object.dlpi_addr + relocation->r_offset, redirection.to);
    }
  };
  redirect_all(DT_JMPREL, DT_PLTRELSZ);
  redirect_all(DT_RELA, DT_RELASZ);
}

struct Search {
  std::string_view file;
  std::initializer_list<std::string_view> also;
  bool has_begun = false;
};

}  // namespace

void keep_static_data(std::string_view file, std::initializer_list<std::string_view> also) {
  Search search{file, also};
  const auto visit = [](dl_phdr_info* object, std::size_t, void* data) {
    auto& search = *static_cast<Search*>(data);
    const std::string_view name = file_name(*object);
    search.has_begun = search.has_begun || name == search.file;
    const bool is_named =
        std::any_of(search.also.begin(), search.also.end(),
                    [name](std::string_view word) { return name.starts_with(word); });
    if (search.has_begun || is_named) redirect(*object, keep());
    if (search.has_begun && name.starts_with("libgomp")) redirect(*object, spin_shortly());
    return 0;
  };
  dl_iterate_phdr(visit, &search);
}

}  // namespace gsttorch
