using Xunit;

// Tests measure time, allocation and request counts of the whole process.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
