// SPDX-License-Identifier: Apache-2.0
#pragma once

#ifdef _OPENMP
#include <omp.h>
#endif

#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace pion::experiment {

/// f(0), ..., f(count - 1), each once, on `threads` threads. The first exception of them is thrown
/// after all threads have ended; what was not begun by then is left.
template <class F>
void parallel_for(int threads, int count, const F& f) {
  std::atomic<int> next{0};
  std::exception_ptr failure;
  std::mutex failure_mutex;
  const auto work = [&] {
#ifdef _OPENMP
    omp_set_num_threads(1);  // of each run's own
#endif
    for (int i = next++; i < count; i = next++) {
      try {
        f(i);
      } catch (...) {
        const std::lock_guard<std::mutex> lock(failure_mutex);
        if (!failure) failure = std::current_exception();
        next = count;
      }
    }
  };
  std::vector<std::thread> others;
  for (int t = 1; t < threads; ++t) others.emplace_back(work);
  work();
  for (std::thread& t : others) t.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace pion::experiment
