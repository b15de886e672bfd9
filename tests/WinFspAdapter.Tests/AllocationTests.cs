using System.Runtime.Versioning;
using OrthancCloudFs.WinFspAdapter.Tests.Stub;
using WinFspBinding;

namespace OrthancCloudFs.WinFspAdapter.Tests;

/// <summary>
/// Adapter against a WinFsp stub under Wine: what is called for each block of a file leaves nothing for the garbage collector. Run alone, since the
/// whole process is looked at.
/// </summary>
[SupportedOSPlatform("windows")]
[Collection(nameof(AllocationTests))]
public sealed class AllocationTests
{
    private const int Calls = 10_000;

    /// <summary>Half of the smallest object there is; a call that made one could not stay below.</summary>
    private const double MostBytesPerCall = 12;

    [Fact]
    public async Task Reading_writing_and_asking_allocate_nothing()
    {
        await using StorageVolume volume = StorageVolume.Mount();
        string name = StorageVolume.NewName();
        volume.StoreAttachment(name, StorageVolume.Bytes(100_000));
        using StubFile reader = volume.Open(StorageVolume.PathOf(name)), writer = volume.Create(StorageVolume.PathOf(StorageVolume.NewName()));
        byte[] buffer = new byte[4096];
        Dictionary<string, double> perCall = new(StringComparer.Ordinal)
        {
            ["read"] = Measure(i => reader.ReadInto(buffer, i % 20 * buffer.Length)),
            ["write"] = Measure(i => writer.Write(buffer, i % 20 * buffer.Length)),
            ["information"] = Measure(i => _ = reader.Information),
        };
        Assert.All(perCall, measured => Assert.True(measured.Value < MostBytesPerCall, $"{measured.Key}: {measured.Value:0.0} bytes for each call"));
        Assert.Equal(0U, StubDriver.StubDeferred(volume.MountPoint));
    }

    private static double Measure(Action<int> call)
    {
        for (int i = 0; i < 1000; i++)
            call(i);
        long before = GC.GetTotalAllocatedBytes(precise: true);
        for (int i = 0; i < Calls; i++)
            call(i);
        return (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)Calls;
    }

    /// <summary>What runs beside nothing else.</summary>
    [CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
    public sealed class Alone;
}
