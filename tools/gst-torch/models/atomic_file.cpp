// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/models/atomic_file.h"

#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/formats/output_file.h"

namespace gsttorch {
namespace {

Error system_error(const std::filesystem::path& path, int number) {
  const ErrorCode code = file_error("", "", number).code;
  return {code, path.string() + ": " + std::generic_category().message(number)};
}

bool is_same_file(int fd, const std::filesystem::path& path) {
  struct stat open_file = {};
  struct stat named_file = {};
  return ::fstat(fd, &open_file) == 0 && ::stat(path.c_str(), &named_file) == 0 &&
         open_file.st_dev == named_file.st_dev && open_file.st_ino == named_file.st_ino;
}

/// A rename is durable once the directory is.
void sync_directory(const std::filesystem::path& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);  // some file systems cannot; the file itself is safe already
  ::close(fd);
}

}  // namespace

AtomicFile::AtomicFile(std::filesystem::path path, std::uint64_t limit)
    : path_(std::move(path)), part_path_(path_.string() + ".part"), limit_(limit) {}

Result<std::unique_ptr<AtomicFile>> AtomicFile::create(const std::filesystem::path& path,
                                                       std::uint64_t limit) {
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  if (error) return system_error(path.parent_path(), error.value());
  std::unique_ptr<AtomicFile> file(new AtomicFile(path, limit));
  if (auto opened = file->open(); !opened) return opened.error();
  return file;
}

Result<void> AtomicFile::open() {
  const int fd = ::open(part_path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return system_error(part_path_, errno);
  // The second look is for a file that its owner has renamed since: that one is no part any more.
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0 || !is_same_file(fd, part_path_)) {
    ::close(fd);
    return Error{ErrorCode::Failed, part_path_.string() + ": another gst-torch is fetching it"};
  }
  fd_ = fd;
  return restart();
}

AtomicFile::~AtomicFile() {
  if (fd_ < 0) return;
  if (is_same_file(fd_, part_path_)) ::unlink(part_path_.c_str());
  ::close(fd_);
}

Result<void> AtomicFile::restart() {
  if (::ftruncate(fd_, 0) != 0 || ::lseek(fd_, 0, SEEK_SET) != 0) {
    return system_error(part_path_, errno);
  }
  size_ = 0;
  hash_.reset();
  return {};
}

Result<void> AtomicFile::write(std::string_view bytes) {
  if (bytes.size() > limit_ - size_) {
    return Error{ErrorCode::Corrupt, "it is longer than " + std::to_string(limit_) + " bytes"};
  }
  hash_.add(bytes);
  size_ += bytes.size();
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return system_error(part_path_, errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

std::string AtomicFile::sha256() { return hash_.hex(); }

Result<void> AtomicFile::commit() {
  if (::fsync(fd_) != 0) return system_error(part_path_, errno);
  if (::rename(part_path_.c_str(), path_.c_str()) != 0) return system_error(path_, errno);
  sync_directory(path_.parent_path());
  return {};
}

}  // namespace gsttorch
