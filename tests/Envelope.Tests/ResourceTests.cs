using System.Diagnostics;
using OrthancCloudFs.Envelope.Keys;
using OrthancCloudFs.Envelope.Tests.Support;
using Xunit;

namespace OrthancCloudFs.Envelope.Tests;

/// <summary>Tests that measure the whole process run alone.</summary>
[CollectionDefinition(nameof(ResourceTests), DisableParallelization = true)]
public sealed class ResourceCollection;

/// <summary>Threads and memory.</summary>
[Collection(nameof(ResourceTests))]
public sealed class ResourceTests
{
    [Theory]
    [MemberData(nameof(Backends.Names), MemberType = typeof(Backends))]
    public void Many_threads_share_one_envelope(string backend)
    {
        using MasterKeyRing ring = Objects.Ring();
        var envelope = new A1Envelope(ring, Backends.Get(backend));
        var failures = new System.Collections.Concurrent.ConcurrentQueue<string>();
        var threads = Enumerable.Range(0, 16).Select(number => new Thread(() =>
        {
            var random = new Random(number);
            for (int i = 0; i < 200; i++)
            {
                byte[] content = Objects.RandomBytes(random.Next(5000), random.Next());
                byte[] stored = Objects.Seal(envelope, content, random.Next(3000));
                if (!Objects.Open(envelope, stored, random.Next(3000)).AsSpan().SequenceEqual(content))
                    failures.Enqueue($"thread {number}, object {i}: other content");

                stored[random.Next(38, stored.Length)] ^= 1;
                if (Objects.TryOpen(envelope, stored, out _) is null)
                    failures.Enqueue($"thread {number}, object {i}: tampered but opened");
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        Assert.Empty(failures);
    }

    [Theory]
    [MemberData(nameof(Backends.Names), MemberType = typeof(Backends))]
    public void Sealing_and_opening_need_no_copy_of_the_content(string backend)
    {
        const int Size = 64 << 20;
        const int Segment = 1 << 20;
        using MasterKeyRing ring = Objects.Ring();
        var envelope = new A1Envelope(ring, Backends.Get(backend));
        var segments = Enumerable.Range(0, Size / Segment).Select(i => new Memory<byte>(Objects.RandomBytes(Segment, i))).ToList();
        byte[] header = new byte[envelope.HeaderLength];
        byte[] trailer = new byte[envelope.TrailerLength];

        long allocated = GC.GetAllocatedBytesForCurrentThread();
        long grown = ResidentGrowthDuring(() =>
        {
            envelope.Seal(segments, header, trailer);
            envelope.Open(header, segments, trailer);
        });
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;

        Assert.Equal(Objects.RandomBytes(Segment, 3), segments[3].ToArray());
        Assert.InRange(allocated, 0, Size / 100);
        Assert.InRange(grown, 0, Size / 4); // the runtime itself takes and gives back some megabytes
    }

    [Theory]
    [MemberData(nameof(Backends.Names), MemberType = typeof(Backends))]
    public void A_small_object_costs_little_managed_memory(string backend)
    {
        using MasterKeyRing ring = Objects.Ring();
        var envelope = new A1Envelope(ring, Backends.Get(backend));
        List<Memory<byte>> content = [new byte[1000]];
        byte[] header = new byte[envelope.HeaderLength];
        byte[] trailer = new byte[envelope.TrailerLength];
        envelope.Seal(content, header, trailer);

        const int Rounds = 1000;
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Rounds; i++)
            envelope.Seal(content, header, trailer);
        long perObject = (GC.GetAllocatedBytesForCurrentThread() - allocated) / Rounds;

        Assert.InRange(perObject, 0, backend == nameof(Backends.OpenSsl) ? 128 : 16384);
    }

    /// <summary>How far the process's resident memory, native memory included, rises above its present size while the action runs.</summary>
    private static long ResidentGrowthDuring(Action action)
    {
        using Process process = Process.GetCurrentProcess();
        process.Refresh();
        long before = process.WorkingSet64;
        long peak = before;
        using var stop = new ManualResetEventSlim();
        var sampler = new Thread(() =>
        {
            while (!stop.Wait(1))
            {
                process.Refresh();
                peak = Math.Max(peak, process.WorkingSet64);
            }
        });
        sampler.Start();
        action();
        stop.Set();
        sampler.Join();
        return peak - before;
    }
}
