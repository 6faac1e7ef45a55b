// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

#include "lib/base/result.h"

namespace gsttorch {

/// A child that runs this program with other arguments, and ends with its parent whatever ends
/// that. It inherits nothing but what it writes to here. Thread-bound.
class WorkerProcess {
 public:
  static Result<WorkerProcess> start(const std::vector<std::string>& arguments);

  WorkerProcess(WorkerProcess&& other) noexcept;
  WorkerProcess& operator=(WorkerProcess&& other) noexcept;
  ~WorkerProcess();  ///< kills it if it still runs

  int output() const { return output_; }  ///< of its standard output; does not block
  int errors() const { return errors_; }  ///< of its standard error; does not block

  /// False if it does not read any more.
  bool send(const std::string& line) const;
  void close_input();
  void signal(int number) const;
  /// Kills it if it still runs. Returns its status as waitpid does.
  int end();

 private:
  WorkerProcess(pid_t pid, int input, int output, int errors)
      : pid_(pid), input_(input), output_(output), errors_(errors) {}
  void swap(WorkerProcess& other) noexcept;

  pid_t pid_ = -1;
  int input_ = -1;
  int output_ = -1;
  int errors_ = -1;
};

}  // namespace gsttorch
