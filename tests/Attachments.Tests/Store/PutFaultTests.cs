using OrthancCloudFs.Attachments.Commit;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.TestKit;
using Xunit;

namespace OrthancCloudFs.Attachments.Tests.Store;

/// <summary>A commit that fails says why, and leaves nothing in the bucket, now or later.</summary>
public sealed class PutFaultTests
{
    private static readonly AttachmentStoreOptions Impatient = new() { OutcomePatience = TimeSpan.FromMilliseconds(200) };

    public static TheoryData<BucketErrorKind> Kinds => [.. Enum.GetValues<BucketErrorKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Every_refusal_is_told_latched_and_leaves_nothing(BucketErrorKind kind)
    {
        await using var harness = new StoreHarness();
        AttachmentWriter writer = await harness.Store.CreateAsync(StoreHarness.NewId(), default);
        StoreHarness.Write(writer, StoreHarness.Bytes(1000));
        harness.Faults.Inject(BucketOperation.Put, Fault.Fail(kind));

        await StoreHarness.FailsAsync(AttachmentException.ErrorOf(kind), () => writer.CommitAsync(default));
        await StoreHarness.FailsAsync(AttachmentException.ErrorOf(kind), () => writer.CommitAsync(default));

        Assert.Equal(1, harness.Faults.Count(BucketOperation.Put));
        Assert.Equal(0, harness.Memory.Reserved);
        Assert.Null(await harness.Store.FindAsync(writer.Id, default));
        await harness.SettleAsync();
        Assert.Equal(0, harness.Objects.Count);
    }

    [Theory]
    [InlineData(true, true, BucketErrorKind.Network)]
    [InlineData(true, false, BucketErrorKind.Network)]
    [InlineData(false, true, BucketErrorKind.Network)]
    [InlineData(false, false, BucketErrorKind.Network)]
    [InlineData(true, true, BucketErrorKind.Forbidden)]
    [InlineData(true, false, BucketErrorKind.Forbidden)]
    [InlineData(true, true, BucketErrorKind.Timeout)]
    public async Task An_object_whose_answer_was_lost_is_found_and_acknowledged(bool conditional, bool encrypted, BucketErrorKind last)
    {
        await using var harness = new StoreHarness(new StoreSetup
        {
            Encrypted = encrypted,
            Options = new AttachmentStoreOptions { ConditionalPut = conditional },
            Wrap = StoreHarness.OneRetry,
        });
        harness.Faults.Inject(BucketOperation.Put, Fault.LoseAnswer(), times: 1);
        harness.Faults.Inject(BucketOperation.Put, last == BucketErrorKind.Network ? Fault.LoseAnswer() : Fault.Fail(last));

        AttachmentInfo info = await harness.StoreAsync(StoreHarness.Bytes(1000));

        Assert.Equal(2, harness.Faults.Count(BucketOperation.Put));
        Assert.Equal(conditional, harness.Faults.Calls[0].Options!.IfAbsent);
        await harness.EvictAsync();
        Assert.Equal(StoreHarness.Bytes(1000), await harness.ReadAsync(info));
        await harness.SettleAsync();
        Assert.Equal(1, harness.Objects.Count);
    }

    [Theory]
    [InlineData(true, "fails")]
    [InlineData(false, "fails")]
    [InlineData(true, "stalls")]
    [InlineData(false, "stalls")]
    public async Task An_object_whose_answer_was_lost_and_that_cannot_be_asked_for_disappears_again(bool encrypted, string what)
    {
        await using var harness = new StoreHarness(new StoreSetup { Encrypted = encrypted, Options = Impatient });
        harness.Faults.Inject(BucketOperation.Put, Fault.LoseAnswer());
        Fault fault = what == "fails" ? Fault.Fail(BucketErrorKind.Forbidden) : Fault.Stall();
        harness.Faults.Inject(BucketOperation.Get, fault);
        harness.Faults.Inject(BucketOperation.Head, fault);
        AttachmentId id = StoreHarness.NewId();

        await StoreHarness.FailsAsync(AttachmentError.Unreachable, () => harness.StoreAsync(StoreHarness.Bytes(1000), id));

        harness.Faults.Heal();
        Assert.Null(await harness.Store.FindAsync(id, default));
        await harness.SettleAsync();
        Assert.Equal(0, harness.Objects.Count);
        AttachmentInfo again = await harness.StoreAsync([1, 2], id);
        Assert.Equal([1, 2], await harness.ReadAsync(again));
    }

    [Fact]
    public async Task What_an_unclear_upload_may_have_left_hides_nobody_elses_object()
    {
        await using var harness = new StoreHarness(new StoreSetup { Options = Impatient });
        AttachmentInfo info = await harness.StoreAsync(StoreHarness.Bytes(500));
        harness.Faults.Inject(BucketOperation.Put, Fault.Fail(BucketErrorKind.Timeout));

        await StoreHarness.FailsAsync(AttachmentError.TimedOut, () => harness.StoreAsync(StoreHarness.Bytes(1000), info.Id));

        Assert.Equal(1, harness.Pending.Count);
        await harness.EvictAsync();
        AttachmentInfo found = (await harness.Store.FindAsync(info.Id, default))!;
        Assert.Equal(StoreHarness.Bytes(500), await harness.ReadAsync(found));
        var listed = new List<AttachmentId>();
        await foreach (AttachmentListing listing in harness.Store.ListAllAsync(default))
            listed.Add(listing.Id);
        Assert.Equal([info.Id], listed);
        await harness.SettleAsync();
        Assert.Equal(1, harness.Objects.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Another_object_of_the_same_length_is_not_taken_for_the_one_that_was_sent(bool encrypted)
    {
        await using var harness = new StoreHarness(new StoreSetup { Encrypted = encrypted, Wrap = StoreHarness.OneRetry });
        AttachmentId id = StoreHarness.NewId();
        string key = harness.Layout.UsualKey(id);
        byte[] foreign = StoreHarness.Bytes(encrypted ? 1000 + harness.Envelope.HeaderLength + harness.Envelope.TrailerLength : 1000, 7);
        await harness.PutRawAsync(key, foreign);
        harness.Faults.Inject(BucketOperation.Put, Fault.Fail(BucketErrorKind.Network), times: 1);

        await StoreHarness.FailsAsync(AttachmentError.Exists, () => harness.StoreAsync(StoreHarness.Bytes(1000), id));

        await harness.SettleAsync();
        Assert.Equal(foreign, await harness.RawAsync(key));
    }

    [Fact]
    public async Task A_commit_given_up_while_the_bucket_is_asked_for_its_outcome_leaves_nothing()
    {
        await using var harness = new StoreHarness();
        harness.Faults.Inject(BucketOperation.Put, Fault.LoseAnswer());
        FaultRule stall = harness.Faults.Inject(BucketOperation.Get, Fault.Stall());
        AttachmentWriter writer = await harness.Store.CreateAsync(StoreHarness.NewId(), default);
        StoreHarness.Write(writer, StoreHarness.Bytes(1000));
        Task commit = writer.CommitAsync(default);
        await stall.Reached;

        await writer.AbortAsync("unlinked");

        await StoreHarness.FailsAsync(AttachmentError.Incomplete, () => commit);
        Assert.Equal(0, harness.Memory.Reserved);
        await harness.SettleAsync();
        Assert.Equal(0, harness.Objects.Count);
    }

    [Fact]
    public async Task A_commit_given_up_while_it_stalls_leaves_nothing()
    {
        await using var harness = new StoreHarness();
        AttachmentWriter writer = await harness.Store.CreateAsync(StoreHarness.NewId(), default);
        StoreHarness.Write(writer, StoreHarness.Bytes(1000));
        FaultRule stall = harness.Faults.Inject(BucketOperation.Put, Fault.Stall());
        Task commit = writer.CommitAsync(default);
        await stall.Reached;

        await writer.AbortAsync("unlinked");

        await StoreHarness.FailsAsync(AttachmentError.Incomplete, () => commit);
        Assert.Equal(0, harness.Memory.Reserved);
        Assert.Null(await harness.Store.FindAsync(writer.Id, default));
        await harness.SettleAsync();
        Assert.Equal(0, harness.Objects.Count);
    }

    [Fact]
    public async Task A_retried_put_that_finds_its_own_object_has_succeeded()
    {
        await using var harness = new StoreHarness(new StoreSetup { Wrap = StoreHarness.OneRetry });
        harness.Faults.Inject(BucketOperation.Put, Fault.LoseAnswer(), times: 1);

        AttachmentInfo info = await harness.StoreAsync(StoreHarness.Bytes(1000));

        Assert.Equal(1, harness.Objects.Count);
        await harness.EvictAsync();
        Assert.Equal(StoreHarness.Bytes(1000), await harness.ReadAsync(info));
    }

    [Theory]
    [InlineData(BucketErrorKind.Forbidden)]
    [InlineData(BucketErrorKind.Network)]
    public async Task A_retried_put_that_cannot_be_told_apart_leaves_nothing_unacknowledged(BucketErrorKind kind)
    {
        await using var harness = new StoreHarness(new StoreSetup { Wrap = StoreHarness.OneRetry });
        harness.Faults.Inject(BucketOperation.Put, Fault.LoseAnswer(), times: 1);
        harness.Faults.Inject(BucketOperation.Get, Fault.Fail(kind));

        await StoreHarness.FailsAsync(AttachmentException.ErrorOf(kind), () => harness.StoreAsync(StoreHarness.Bytes(1000)));

        await harness.SettleAsync();
        Assert.Equal(0, harness.Objects.Count);
    }

    [Fact]
    public async Task An_upload_of_unknown_outcome_does_not_take_somebody_elses_object_with_it()
    {
        await using var harness = new StoreHarness();
        AttachmentId id = StoreHarness.NewId();
        string key = harness.Layout.UsualKey(id);
        byte[] foreign = StoreHarness.Bytes(500, 9);
        await harness.PutRawAsync(key, foreign);
        harness.Faults.Inject(BucketOperation.Put, Fault.Fail(BucketErrorKind.Timeout));

        await StoreHarness.FailsAsync(AttachmentError.TimedOut, () => harness.StoreAsync(StoreHarness.Bytes(1000), id));

        await harness.SettleAsync();
        Assert.Equal(foreign, await harness.RawAsync(key));
        Assert.Equal(0, harness.Faults.Count(BucketOperation.Delete));
    }
}
