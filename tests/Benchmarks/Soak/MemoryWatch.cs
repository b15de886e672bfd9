using System.Text.Json;

namespace OrthancCloudFs.Benchmarks.Soak;

/// <summary>Samples the program's memory while it works: resident memory often, what the program says of itself now and then.</summary>
internal sealed class MemoryWatch(MountedProgram program)
{
    private static readonly TimeSpan ResidentInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan StatusInterval = TimeSpan.FromSeconds(2);

    /// <summary>The most bytes that were ever resident.</summary>
    public long PeakResident { get; private set; }

    /// <summary>The most bytes of anonymous memory in any sample.</summary>
    public long PeakAnonymous { get; private set; }

    /// <summary>The most bytes of staging memory reserved in any sample, kept content included.</summary>
    public long PeakReserved { get; private set; }

    /// <summary>The most bytes of kernel buffers in any sample.</summary>
    public long PeakKernelBuffers { get; private set; }

    /// <summary>The most bytes of the managed heap in any sample, garbage included.</summary>
    public long PeakManagedHeap { get; private set; }

    /// <summary>Samples until the work ends.</summary>
    public async Task WatchAsync(Task work)
    {
        await Task.WhenAll(
            RepeatAsync(work, ResidentInterval, SampleResident),
            RepeatAsync(work, StatusInterval, SampleStatusAsync)).ConfigureAwait(false);
    }

    private static async Task RepeatAsync(Task work, TimeSpan interval, Func<Task> sample)
    {
        do
        {
            await sample().ConfigureAwait(false);
            await Task.WhenAny(work, Task.Delay(interval)).ConfigureAwait(false);
        }
        while (!work.IsCompleted);
        await sample().ConfigureAwait(false);
    }

    private Task SampleResident()
    {
        ResidentMemory now = ResidentMemory.Of(program.ProcessId);
        PeakResident = Math.Max(PeakResident, now.Peak);
        PeakAnonymous = Math.Max(PeakAnonymous, now.Anonymous);
        return Task.CompletedTask;
    }

    private async Task SampleStatusAsync()
    {
        JsonElement status = await program.TryGetStatusAsync().ConfigureAwait(false)
            ?? throw new InvalidOperationException("The mount does not answer any more.");
        JsonElement staging = status.GetProperty("staging");
        PeakReserved = Math.Max(PeakReserved, staging.GetProperty("reserved").GetInt64());
        PeakKernelBuffers = Math.Max(PeakKernelBuffers, staging.GetProperty("kernelBuffers").GetInt64());
        PeakManagedHeap = Math.Max(PeakManagedHeap, status.GetProperty("process").GetProperty("managedHeap").GetInt64());
    }
}
