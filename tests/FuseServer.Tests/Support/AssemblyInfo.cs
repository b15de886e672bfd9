using Xunit.Sdk;
using Xunit.v3;

// Tests measure time, allocation and request counts of the whole process.
[assembly: Parallelization(Mode = ParallelMode.None)]
