using OrthancCloudFs.Attachments.Reading;
using OrthancCloudFs.Attachments.Staging;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.Envelope;
using OrthancCloudFs.Envelope.Ciphers;
using OrthancCloudFs.TestKit;
using Xunit;

namespace OrthancCloudFs.Attachments.Tests.Store;

/// <summary>No byte is released before all are authenticated, and only a 404 is "not found".</summary>
public sealed class GetFaultTests
{
    /// <summary>All but one: that an object is archived also says that it exists.</summary>
    public static TheoryData<BucketErrorKind> Kinds => [.. Enum.GetValues<BucketErrorKind>().Where(kind => kind != BucketErrorKind.Archived)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_failing_bucket_is_never_taken_for_a_missing_object(BucketErrorKind kind)
    {
        await using var harness = new StoreHarness(new StoreSetup { Flat = true });
        AttachmentInfo info = await harness.StoreAsync(StoreHarness.Bytes(1000));
        await harness.EvictAsync();
        harness.Faults.Inject(BucketOperation.Get, Fault.Fail(kind));

        await StoreHarness.FailsAsync(AttachmentException.ErrorOf(kind), () => harness.Store.FindAsync(info.Id, default));
        await StoreHarness.FailsAsync(AttachmentException.ErrorOf(kind), () => harness.Store.OpenAsync(info, default));
        harness.Faults.Heal();
        harness.Faults.Inject(BucketOperation.List, Fault.Fail(kind));
        await StoreHarness.FailsAsync(AttachmentException.ErrorOf(kind), () => harness.Store.FindAsync(StoreHarness.NewId(), default));

        harness.Faults.Heal();
        Assert.Equal(StoreHarness.Bytes(1000), await harness.ReadAsync(info));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(69)]
    [InlineData(70)]
    [InlineData(20_000)]
    [InlineData(50_085)]
    public async Task A_truncated_body_fails_and_the_next_open_succeeds(long bytes)
    {
        await using var harness = new StoreHarness();
        AttachmentInfo info = await harness.StoreAsync(StoreHarness.Bytes(50_000));
        await harness.EvictAsync();
        harness.Faults.Inject(BucketOperation.Get, Fault.TruncateAfter(bytes), times: 1);

        await StoreHarness.FailsAsync(AttachmentError.BucketFailure, () => harness.Store.OpenAsync(info, default));

        Assert.Equal(StoreHarness.Bytes(50_000), await harness.ReadAsync(info));
    }

    [Fact]
    public async Task One_flipped_bit_anywhere_is_noticed()
    {
        await using var harness = new StoreHarness();
        AttachmentInfo info = await harness.StoreAsync(StoreHarness.Bytes(300));
        await harness.EvictAsync();
        for (int position = 0; position < 300 + 86; position++)
        {
            harness.Faults.Inject(BucketOperation.Get, Fault.FlipBit(position, position % 8), times: 1);
            await StoreHarness.FailsAsync(AttachmentError.Unreadable, () => harness.Store.OpenAsync(info, default));
        }

        Assert.Equal(StoreHarness.Bytes(300), await harness.ReadAsync(info));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(70)]
    [InlineData(85)]
    [InlineData(86)]
    [InlineData(1000)]
    public async Task Plain_where_encryption_is_expected_exists_and_cannot_be_read(int length)
    {
        await using var harness = new StoreHarness();
        AttachmentId id = StoreHarness.NewId();
        await harness.PutRawAsync(harness.Layout.UsualKey(id), StoreHarness.Bytes(length));

        AttachmentInfo? found = await harness.Store.FindAsync(id, default);

        Assert.NotNull(found);
        await StoreHarness.FailsAsync(AttachmentError.Unreadable, () => harness.Store.OpenAsync(found, default));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task An_object_of_another_key_cannot_be_read(byte id)
    {
        await using var harness = new StoreHarness();
        using var ring = new Envelope.Keys.MasterKeyRing(new Envelope.Keys.MasterKey(id, new byte[32]), []);
        var other = new A1Envelope(ring, CipherBackends.Choose());
        byte[] header = new byte[other.HeaderLength];
        byte[] content = StoreHarness.Bytes(100);
        byte[] trailer = new byte[other.TrailerLength];
        other.Seal([content], header, trailer);
        AttachmentId attachment = StoreHarness.NewId();
        await harness.PutRawAsync(harness.Layout.UsualKey(attachment), [.. header, .. content, .. trailer]);

        AttachmentInfo? found = await harness.Store.FindAsync(attachment, default);

        Assert.Equal(100, found!.Length);
        await StoreHarness.FailsAsync(AttachmentError.Unreadable, () => harness.Store.OpenAsync(found, default));
    }

    [Fact]
    public async Task What_disappeared_after_the_look_up_is_not_found()
    {
        await using var harness = new StoreHarness();
        AttachmentInfo info = await harness.StoreAsync(StoreHarness.Bytes(10));
        await harness.EvictAsync();
        await harness.Objects.DeleteAsync(info.Key, default);

        await StoreHarness.FailsAsync(AttachmentError.NotFound, () => harness.Store.OpenAsync(info, default));
    }

    [Fact]
    public async Task An_object_that_outgrew_the_memory_since_it_was_found_fails_after_one_request()
    {
        await using var harness = new StoreHarness(new StoreSetup { Memory = 8 * StagingMemory.PageSize });
        AttachmentInfo info = await harness.StoreAsync(StoreHarness.Bytes(10));
        await harness.EvictAsync();
        await harness.PutRawAsync(info.Key, StoreHarness.Bytes(9 * StagingMemory.PageSize));
        harness.Faults.ClearCalls();

        Task<OpenAttachment> open = harness.Store.OpenAsync(info, default).WaitAsync(TimeSpan.FromSeconds(10));

        await StoreHarness.FailsAsync(AttachmentError.BucketFailure, () => open);
        Assert.Equal(1, harness.Faults.Count(BucketOperation.Get));
    }

    [Fact]
    public async Task An_object_in_an_archive_is_found_and_fails_the_open_at_once()
    {
        await using var harness = new StoreHarness();
        AttachmentInfo stored = await harness.StoreAsync(StoreHarness.Bytes(1000));
        await harness.EvictAsync();
        harness.Faults.ClearCalls();
        harness.Faults.Inject(BucketOperation.Get, Fault.Fail(BucketErrorKind.Archived));

        AttachmentInfo? found = await harness.Store.FindAsync(stored.Id, default);

        Assert.Equal(1000, found!.Length);
        await StoreHarness.FailsAsync(AttachmentError.Archived, () => harness.Store.OpenAsync(found, default));
        Assert.Equal(2, harness.Faults.Count(BucketOperation.Get));
        await harness.Store.DeleteAsync(found, default);
        await harness.DeletedAsync();
        Assert.Equal(0, harness.Objects.Count);
    }
}
