using OrthancCloudFs.Attachments.Reading;
using OrthancCloudFs.Attachments.Staging;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.TestKit;
using Xunit;

namespace OrthancCloudFs.Attachments.Tests.Store;

/// <summary>What does not fit in the memory is authenticated once and then read in verified blocks, of that version and no other.</summary>
public sealed class BlockwiseReadTests
{
    private const int Block = 1 << 20;

    public static TheoryData<bool, int> Lengths => new()
    {
        { true, 20_000_000 },
        { true, 20 * Block },
        { true, (20 * Block) + 1 },
        { true, (70 * Block) - 70 },
        { true, 129 * Block },
        { false, 20 * Block },
        { false, 20_000_001 },
    };

    [Theory]
    [MemberData(nameof(Lengths))]
    public async Task Any_range_comes_back(bool encrypted, int length)
    {
        await using var harness = new StoreHarness(new StoreSetup { Encrypted = encrypted });
        byte[] content = StoreHarness.Bytes(length);
        AttachmentInfo info = await PutAsync(harness, content);
        harness.Faults.ClearCalls();
        using OpenAttachment open = await harness.Store.OpenAsync(info, default);
        Assert.False(open.IsWhole);
        int toOpen = harness.Faults.Calls.Count;

        var random = new Random(1);
        for (int i = 0; i < 50; i++)
        {
            int offset = random.Next(length);
            byte[] into = new byte[random.Next(300_000)];
            int count = await open.ReadAsync(offset, into, default);
            Assert.Equal(Math.Min(into.Length, length - offset), count);
            Assert.True(content.AsSpan(offset, count).SequenceEqual(into.AsSpan(0, count)), $"{count} bytes from {offset}");
        }

        Assert.Equal(0, await open.ReadAsync(length, new byte[10], default));
        Assert.InRange(harness.Memory.Reserved, 1, harness.Memory.Capacity);
        Assert.Equal(encrypted ? (length + (64 * Block) - 1) / (64 * Block) : 1, toOpen);
        Assert.All(harness.Faults.Calls, call => Assert.Equal(BucketOperation.Get, call.Operation));
    }

    [Fact]
    public async Task Reading_in_order_asks_for_each_block_once()
    {
        await using var harness = new StoreHarness(new StoreSetup { Memory = 64 * Block });
        byte[] content = StoreHarness.Bytes(70 * Block);
        AttachmentInfo info = await PutAsync(harness, content);
        using OpenAttachment open = await harness.Store.OpenAsync(info, default);
        harness.Faults.ClearCalls();

        byte[] back = new byte[content.Length];
        for (int offset = 0; offset < back.Length; offset += 100_000)
            await open.ReadAsync(offset, back.AsMemory(offset, Math.Min(100_000, back.Length - offset)), default);

        Assert.True(content.AsSpan().SequenceEqual(back));
        Assert.Equal(70L * Block, harness.Faults.Calls.Sum(call => call.Range!.Value.Length));
        Assert.InRange(harness.Faults.Calls.Count, 10, 14); // 1, 2, 4, then 7 blocks each
    }

    [Theory]
    [InlineData(3)]
    [InlineData(50)]
    [InlineData(5_000_000)]
    [InlineData(20_000_000 + 70 + 15)]
    public async Task A_flipped_bit_anywhere_fails_the_open(int position)
    {
        await using var harness = new StoreHarness();
        AttachmentInfo info = await PutAsync(harness, StoreHarness.Bytes(20_000_000), stored => stored[position] ^= 1);

        await StoreHarness.FailsAsync(AttachmentError.Unreadable, () => harness.Store.OpenAsync(info, default));

        Assert.Equal(0, harness.Memory.Reserved);
    }

    [Fact]
    public async Task A_bit_that_flips_later_is_never_seen()
    {
        await using var harness = new StoreHarness();
        byte[] content = StoreHarness.Bytes(20_000_000);
        AttachmentInfo info = await PutAsync(harness, content);
        using OpenAttachment open = await harness.Store.OpenAsync(info, default);
        harness.Faults.Inject(BucketOperation.Get, Fault.FlipBit(1000));
        byte[] into = new byte[100];

        await StoreHarness.FailsAsync(AttachmentError.Unreadable, () => open.ReadAsync(7_000_000, into, default).AsTask());

        Assert.All(into, value => Assert.Equal(0, value));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_object_that_is_replaced_is_never_read_as_if_it_were_the_first(bool encrypted)
    {
        await using var harness = new StoreHarness(new StoreSetup { Encrypted = encrypted, Memory = 8 * Block });
        byte[] content = StoreHarness.Bytes(20_000_000);
        AttachmentInfo info = await PutAsync(harness, content);
        using OpenAttachment open = await harness.Store.OpenAsync(info, default);
        byte[] other = StoreHarness.Bytes(20_000_000, 2);
        await harness.PutRawAsync(info.Key, Sealed(harness, other));

        AttachmentException failure = await StoreHarness.FailsAsync(
            AttachmentError.BucketFailure, () => open.ReadAsync(7_000_000, new byte[100], default).AsTask());

        Assert.Contains("another", failure.Message, StringComparison.Ordinal);
        await StoreHarness.FailsAsync(AttachmentError.BucketFailure, () => harness.Store.OpenAsync(info, default));
        using OpenAttachment again = await harness.Store.OpenAsync(info, default);
        byte[] into = new byte[100];
        await again.ReadAsync(7_000_000, into, default);
        Assert.Equal(other[7_000_000..7_000_100], into);
    }

    [Fact]
    public async Task A_download_that_breaks_off_goes_on_where_it_was()
    {
        await using var harness = new StoreHarness(new StoreSetup { Wrap = StoreHarness.OneRetry });
        byte[] content = StoreHarness.Bytes(20_000_000);
        AttachmentInfo info = await PutAsync(harness, content);
        harness.Faults.Inject(BucketOperation.Get, Fault.TruncateAfter(7_777_777), times: 1);

        using OpenAttachment open = await harness.Store.OpenAsync(info, default);

        byte[] into = new byte[1000];
        await open.ReadAsync(15_000_000, into, default);
        Assert.Equal(content[15_000_000..15_001_000], into);
    }

    [Fact]
    public async Task A_read_that_fails_may_succeed_later()
    {
        await using var harness = new StoreHarness();
        byte[] content = StoreHarness.Bytes(20_000_000);
        AttachmentInfo info = await PutAsync(harness, content);
        using OpenAttachment open = await harness.Store.OpenAsync(info, default);
        harness.Faults.Inject(BucketOperation.Get, Fault.Fail(BucketErrorKind.Timeout), times: 1);
        byte[] into = new byte[1000];
        await StoreHarness.FailsAsync(AttachmentError.TimedOut, () => open.ReadAsync(1000, into, default).AsTask());

        await open.ReadAsync(1000, into, default);

        Assert.Equal(content[1000..2000], into);
    }

    [Fact]
    public async Task Many_readers_of_one_large_attachment_share_its_authentication()
    {
        await using var harness = new StoreHarness();
        byte[] content = StoreHarness.Bytes(20_000_000);
        AttachmentInfo info = await PutAsync(harness, content);
        harness.Faults.ClearCalls();

        OpenAttachment[] readers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => harness.Store.OpenAsync(info, default)));

        Assert.Equal(1, harness.Faults.Count(BucketOperation.Get));
        await Parallel.ForEachAsync(readers.Index(), async (reader, cancellation) =>
        {
            byte[] into = new byte[50_000];
            await reader.Item.ReadAsync(reader.Index * 2_000_000, into, cancellation);
            Assert.True(content.AsSpan(reader.Index * 2_000_000, into.Length).SequenceEqual(into));
            reader.Item.Dispose();
        });
    }

    [Fact]
    public async Task What_is_being_read_stays_in_memory_also_when_it_is_closed()
    {
        await using var harness = new StoreHarness();
        byte[] content = StoreHarness.Bytes(20_000_000);
        AttachmentInfo info = await PutAsync(harness, content);
        OpenAttachment open = await harness.Store.OpenAsync(info, default);
        FaultRule stall = harness.Faults.Inject(BucketOperation.Get, Fault.Stall());
        byte[] into = new byte[1000];
        Task<int> read = open.ReadAsync(5_000_000, into, default).AsTask();
        await stall.Reached;

        open.Dispose();

        Assert.False(harness.Memory.TryReserve(harness.Memory.Capacity, ReservationPriority.Queue));
        stall.Release();
        Assert.Equal(1000, await read);
        Assert.Equal(content[5_000_000..5_001_000], into);
        Assert.True(harness.Memory.TryReserve(harness.Memory.Capacity, ReservationPriority.Queue));
        harness.Memory.Release(harness.Memory.Capacity);
    }

    private static async Task<AttachmentInfo> PutAsync(StoreHarness harness, byte[] content, Action<byte[]>? damage = null)
    {
        AttachmentId id = StoreHarness.NewId();
        byte[] stored = Sealed(harness, content);
        damage?.Invoke(stored);
        string key = harness.Layout.UsualKey(id);
        await harness.PutRawAsync(key, stored);
        return new AttachmentInfo(id, key, content.Length, DateTimeOffset.UtcNow, harness.Setup.Encrypted);
    }

    private static byte[] Sealed(StoreHarness harness, byte[] content)
    {
        byte[] header = new byte[harness.Envelope.HeaderLength];
        byte[] stored = [.. content];
        byte[] trailer = new byte[harness.Envelope.TrailerLength];
        harness.Envelope.Seal([stored], header, trailer);
        return [.. header, .. stored, .. trailer];
    }
}
