// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/analyze/worker_process.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace gsttorch {
namespace {

/// [0] is the parent's end.
using Ends = std::array<int, 2>;

void close_end(int& fd) {
  if (fd >= 0) close(fd);
  fd = -1;
}

struct Channels {
  Ends input{-1, -1};
  Ends output{-1, -1};
  Ends errors{-1, -1};

  // A socket takes MSG_NOSIGNAL: a worker that died must not end its parent by SIGPIPE.
  bool open() {
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, input.data()) == 0 &&
           pipe2(output.data(), O_CLOEXEC) == 0 && pipe2(errors.data(), O_CLOEXEC) == 0 &&
           fcntl(output[0], F_SETFL, O_NONBLOCK) == 0 && fcntl(errors[0], F_SETFL, O_NONBLOCK) == 0;
  }
  void close_all() {
    for (Ends* ends : {&input, &output, &errors}) {
      for (int& fd : *ends) close_end(fd);
    }
  }
  void close_other_ends() {
    for (Ends* ends : {&input, &output, &errors}) close_end((*ends)[1]);
  }
};

// In the child, where only async-signal-safe functions may be called.
[[noreturn]] void become_worker(const Channels& channels, const char* program, char** arguments,
                                pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // it died before
  dup2(channels.input[1], STDIN_FILENO);
  dup2(channels.output[1], STDOUT_FILENO);
  dup2(channels.errors[1], STDERR_FILENO);
  execv(program, arguments);
  _exit(127);
}

Error start_error() {
  return {ErrorCode::Failed, std::string("cannot start a worker: ") + std::strerror(errno)};
}

}  // namespace

Result<WorkerProcess> WorkerProcess::start(const std::vector<std::string>& arguments) {
  std::error_code ignored;
  const std::string program = std::filesystem::read_symlink("/proc/self/exe", ignored).string();
  std::vector<char*> words;
  for (const std::string& word : arguments) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);

  Channels channels;
  if (!channels.open()) {
    const Error error = start_error();
    channels.close_all();
    return error;
  }
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) become_worker(channels, program.c_str(), words.data(), parent);
  if (pid < 0) {
    const Error error = start_error();
    channels.close_all();
    return error;
  }
  channels.close_other_ends();
  return WorkerProcess(pid, channels.input[0], channels.output[0], channels.errors[0]);
}

WorkerProcess::WorkerProcess(WorkerProcess&& other) noexcept { swap(other); }

WorkerProcess& WorkerProcess::operator=(WorkerProcess&& other) noexcept {
  swap(other);
  return *this;
}

void WorkerProcess::swap(WorkerProcess& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(input_, other.input_);
  std::swap(output_, other.output_);
  std::swap(errors_, other.errors_);
}

WorkerProcess::~WorkerProcess() {
  if (pid_ > 0) end();
  for (int* fd : {&input_, &output_, &errors_}) close_end(*fd);
}

bool WorkerProcess::send(const std::string& line) const {
  return ::send(input_, line.data(), line.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(line.size());
}

void WorkerProcess::close_input() { close_end(input_); }

void WorkerProcess::signal(int number) const { kill(pid_, number); }

int WorkerProcess::end() {
  kill(pid_, SIGKILL);
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return status;
}

}  // namespace gsttorch
