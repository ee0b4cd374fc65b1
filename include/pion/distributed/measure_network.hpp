// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min, std::nth_element
#include <chrono>
#include <cstddef>  // std::size_t
#include <vector>

#include <pion/distributed/agree.hpp>
#include <pion/distributed/plan.hpp>
#include <pion/engine/concept.hpp>
#include <pion/engine/default.hpp>
#include <pion/engine/workspace.hpp>

namespace pion::distributed {

namespace detail {

/// The median of how many seconds some runs of a task take, after one that is not counted.
template <class Task>
double median_seconds(int runs, const Task& task) {
  using Clock = std::chrono::steady_clock;
  std::vector<double> took;
  for (int i = -1; i < runs; ++i) {
    const Clock::time_point start = Clock::now();
    task();
    const std::chrono::duration<double> one = Clock::now() - start;
    if (i >= 0) took.push_back(one.count());
  }
  const auto middle = took.begin() + runs / 2;
  std::nth_element(took.begin(), middle, took.end());
  return *middle;
}

/// A matrix of ones, and what an engine multiplies it by.
template <class Engine>
struct Product {
  Product(pion::detail::Arena& arena, Index m, Index n)
      : h(arena.take<float>(m * m), m, m),
        x(arena.take<float>(m * n), m, n),
        y(arena.take<float>(m * n), m, n),
        kernels(arena, m, n) {}
  engine::View<float> h, x, y;
  typename engine::require_engine_t<Engine, float>::template Kernels<float> kernels;
};

}  // namespace detail

/// Measures what a plan reckons with, in some tenths of a second. Every rank calls it, at a time
/// when no other work runs, and has the same answer: the worst of all ranks.
///
/// The latency is that of a gather of a few bytes, divided by the number of other ranks; the bytes
/// a second are those of an exchange of 4 MB from each rank; the multiply-adds those of a product
/// of 256 x 256 and 256 x 1024 floats by Engine. Medians are taken. One rank alone keeps the
/// defaults of latency and bytes.
/// \throws std::runtime_error on every rank if one has not the memory, some 10 MB.
template <class Engine = DefaultEngine, class C>
Network measure_network(const C& comm) {
  require_communicator<C>();
  constexpr Index m = 256, n = 1024;
  const int ranks = comm.size(), others = ranks - 1;
  const Index each = (Index(1) << 20) / ranks;  // floats
  std::vector<float> from, to;
  Workspace workspace;
  detail::require_no_trouble(comm, detail::trouble_of([&] {
                               from.resize(static_cast<std::size_t>(each * ranks), 1.0F);
                               to.resize(from.size());
                               pion::detail::laid_out<detail::Product<Engine>>(workspace, m, n);
                             }));

  Network network;
  pion::detail::Arena arena(workspace.data());
  const detail::Product<Engine> product(arena, m, n);
  engine::as_eigen(product.h).setOnes();
  engine::as_eigen(product.x).setOnes();
  const double multiplied =
      detail::median_seconds(9, [&] { product.kernels.multiply(product.h, product.x, product.y); });
  const double seconds = (std::max)(multiplied, 1e-9);  // than which no clock is finer
  network.multiply_adds_per_second = static_cast<double>(m * m * n) / seconds;
  if (others > 0) {
    const double one_number = detail::median_seconds(49, [&] { detail::gathered(comm, 0.0F); });
    std::vector<Index> offsets;
    for (int r = 0; r <= ranks; ++r) offsets.push_back(each * r);
    const double many = detail::median_seconds(
        9, [&] { comm.exchange(from.data(), offsets.data(), to.data(), offsets.data()); });
    network.latency = one_number / others;
    const auto bytes = static_cast<double>(each * others) * sizeof(float);
    network.bytes_per_second = bytes / (std::max)(many - one_number, 1e-9);
  }
  for (const Network& one : detail::gathered(comm, network)) {
    network.latency = (std::max)(network.latency, one.latency);
    network.bytes_per_second = (std::min)(network.bytes_per_second, one.bytes_per_second);
    network.multiply_adds_per_second =
        (std::min)(network.multiply_adds_per_second, one.multiply_adds_per_second);
  }
  return network;
}

}  // namespace pion::distributed
