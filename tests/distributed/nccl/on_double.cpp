// SPDX-License-Identifier: Apache-2.0
// What only the doubles of NCCL and of a device can show: what is sent, and failures on demand.
#include <string>

#include <pion/distributed/apply_on_device.hpp>

#include "cuda/double/device.hpp"
#include "cuda/support.hpp"
#include "distributed/nccl/double.hpp"
#include "distributed/nccl/ranks.hpp"
#include "distributed/parts.hpp"
#include "support/catch.hpp"

using namespace pion;
using distributed::chunk, distributed::Nccl, distributed::Part, distributed::sharded;
using support::Context, support::Held, support::Order;

TEST_CASE("devices send what the plan says, and the stream is waited for once") {
  const Ranks ranks;
  Context context;
  const Nccl comm(ranks.comm(), context);
  struct Case {
    Index rows, cols;
    Axis axis;
    Method method;
  };
  for (const auto& [rows, cols, axis, method] :
       {Case{32, 256, Axis::cols, Method::dense}, Case{256, 32, Axis::rows, Method::gram},
        Case{32, 256, Axis::rows, Method::gram}, Case{64, 64, Axis::rows, Method::automatic}}) {
    const Filter f{chains::muon()};
    const auto planned = distributed::plan<float>(f, rows, cols, axis, comm.size(), method);
    const Index extent = axis == Axis::rows ? rows : cols;
    const Part part = chunk(extent, comm.size(), comm.rank());
    const Held<float> x(axis == Axis::rows ? reference::Matrix::Ones(part.size, cols).eval()
                                           : reference::Matrix::Ones(rows, part.size).eval(),
                        Order::rows);
    const Held<float> y(x.get(), Order::rows);
    const auto run = [&, axis = axis, method = method] {
      distributed::apply(comm, f, sharded(x.view(), axis, extent, part.offset),
                         sharded(y.view(), axis, extent, part.offset), {method});
    };
    run();  // warm
    context.synchronize();
    nccl_double::sent() = {};
    device_double::state().calls.clear();
    run();
    INFO(detail::shape(rows, cols)
         << ": " << nccl_double::sent().bytes << " of " << planned.bytes_sent);
    // Moments are three numbers, where the host sends a norm: two messages a call.
    const double moments = 2.0 * (sizeof(cuda::NormPartials) - sizeof(double)) * (comm.size() - 1);
    CHECK(nccl_double::sent().bytes <= planned.bytes_sent + moments);
    if (planned.way == distributed::Way::gram) {
      CHECK(nccl_double::sent().bytes >= 0.9 * planned.bytes_sent);
    }
    CHECK(nccl_double::sent().messages == planned.messages);
    CHECK(device_double::state().calls["cudaStreamSynchronize"] == (comm.size() > 1 ? 1 : 0));
    CHECK(device_double::state().calls["cudaMalloc"] == 0);
    context.synchronize();
  }
}

TEST_CASE("one rank's lack of device memory is every rank's refusal, and a second call runs") {
  const Ranks ranks;
  Context context;
  const Nccl comm(ranks.comm(), context);
  const Index cols = 600;
  const Part part = chunk(cols, comm.size(), comm.rank());
  const Held<float> x(reference::Matrix::Ones(40, part.size), Order::rows);
  const Held<float> y(x.get(), Order::rows);
  const auto run = [&] {
    distributed::apply(comm, Filter{chains::muon()},
                       sharded(x.view(), Axis::cols, cols, part.offset),
                       sharded(y.view(), Axis::cols, cols, part.offset), {Method::dense});
  };
  if (comm.rank() + 1 == comm.size()) {
    device_double::state().failing["cudaMalloc"] = cudaErrorMemoryAllocation;
  }
  CHECK(line_of(run) == "rank " + std::to_string(comm.size() - 1) +
                            ": cudaMalloc returned cudaErrorMemoryAllocation");
  CHECK(y.get() == x.get());
  run();
  context.synchronize();
}

TEST_CASE("a graph cannot capture the ranks' agreement") {
  const Ranks ranks;
  Context context;
  const Nccl comm(ranks.comm(), context);
  const Part part = chunk(8, comm.size(), comm.rank());
  const Held<float> x(reference::Matrix::Ones(3, part.size), Order::rows);
  cudaGraph_t graph = nullptr;
  cudaStreamBeginCapture(context.stream(), cudaStreamCaptureModeGlobal);
  const auto view = sharded(x.view(), Axis::cols, 8, part.offset);
  CHECK(line_of([&] { distributed::apply(comm, Filter{chains::muon()}, view, view); }) ==
        "apply: it waits for the device, so no graph can capture it");
  cudaStreamEndCapture(context.stream(), &graph);
  cudaGraphDestroy(graph);
}

TEST_CASE("what NCCL reports is thrown, and a group is closed") {
  const Ranks ranks;
  Context context;
  device_double::state().failing["ncclCommUserRank"] = ncclSystemError;
  CHECK(line_of([&] { Nccl(ranks.comm(), context); }) ==
        "nccl: ncclCommUserRank: unhandled system error");
  const Nccl comm(ranks.comm(), context);
  if (comm.size() == 1) return;
  const std::vector<Index> offsets = distributed::even_offsets(comm.size(), comm.size());
  std::vector<double> all(static_cast<std::size_t>(comm.size()), comm.rank());
  device_double::state().failing["ncclSend"] = ncclSystemError;  // on all, so that none waits
  CHECK(line_of([&] { comm.gather(all.data(), offsets.data()); }) ==
        "nccl: ncclSend or ncclRecv: unhandled system error");
  comm.gather(all.data(), offsets.data());
  for (int r = 0; r < comm.size(); ++r) CHECK(all[static_cast<std::size_t>(r)] == r);
}
