using OrthancCloudFs.Attachments.Reading;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.TestKit;
using Xunit;

namespace OrthancCloudFs.Attachments.Tests.Store;

/// <summary>Every request costs money and time, so their number is part of the promise.</summary>
public sealed class RequestCountTests
{
    private static void Requests(StoreHarness harness, params BucketOperation[] expected)
    {
        Assert.Equal(expected, harness.Faults.Calls.Select(call => call.Operation));
        harness.Faults.ClearCalls();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Each_operation_costs_what_it_must(bool flat)
    {
        await using var harness = new StoreHarness(new StoreSetup { Flat = flat });
        byte[] dicom = [.. new byte[128], .. "DICM"u8, .. StoreHarness.Bytes(50_000)];

        AttachmentInfo info = await harness.StoreAsync(dicom);
        Requests(harness, BucketOperation.Put);

        Assert.Equal(dicom, await harness.ReadAsync(info));
        Requests(harness);

        await harness.EvictAsync();
        AttachmentInfo? found = await harness.Store.FindAsync(info.Id, default);
        Assert.Equal(dicom, await harness.ReadAsync(found!));
        Requests(harness, BucketOperation.Get);

        Assert.Equal(dicom, await harness.ReadAsync(found!));
        Requests(harness);

        await harness.EvictAsync();
        Assert.Equal(dicom, await harness.ReadAsync(found!));
        Requests(harness, BucketOperation.Get);

        FaultRule underWay = harness.Faults.Inject(BucketOperation.Delete, Fault.Stall());
        await harness.Store.DeleteAsync(info, default);
        await underWay.Reached;
        Assert.Null(await harness.Store.FindAsync(info.Id, default));
        underWay.Release();
        await harness.DeletedAsync();
        Requests(harness, BucketOperation.Delete);

        Assert.Null(await harness.Store.FindAsync(info.Id, default));
        Requests(harness, flat ? [BucketOperation.Get, BucketOperation.List] : [BucketOperation.Get]);
    }

    [Theory]
    [InlineData(".json", "{\"a\":1}")]
    [InlineData(".unk", "anything")]
    public async Task Another_extension_of_the_flat_layout_costs_one_search(string extension, string text)
    {
        await using var harness = new StoreHarness(new StoreSetup { Flat = true });
        AttachmentInfo info = await harness.StoreAsync(System.Text.Encoding.ASCII.GetBytes(text));
        Assert.EndsWith(extension + ".enc", info.Key, StringComparison.Ordinal);
        await harness.EvictAsync();
        harness.Faults.ClearCalls();

        AttachmentInfo? found = await harness.Store.FindAsync(info.Id, default);
        Assert.Equal(text, System.Text.Encoding.ASCII.GetString(await harness.ReadAsync(found!)));

        Requests(harness, BucketOperation.Get, BucketOperation.List, BucketOperation.Get);
    }

    [Fact]
    public async Task All_who_ask_at_the_same_time_share_one_download()
    {
        await using var harness = new StoreHarness();
        byte[] content = StoreHarness.Bytes(100_000);
        AttachmentInfo info = await harness.StoreAsync(content);
        await harness.EvictAsync();
        harness.Faults.ClearCalls();
        FaultRule stall = harness.Faults.Inject(BucketOperation.Get, Fault.Stall());

        Task<AttachmentInfo?>[] finds = [.. Enumerable.Range(0, 20).Select(_ => harness.Store.FindAsync(info.Id, default))];
        Task<OpenAttachment>[] opens = [.. Enumerable.Range(0, 20).Select(_ => harness.Store.OpenAsync(info, default))];
        await stall.Reached;
        stall.Release();

        foreach (Task<AttachmentInfo?> find in finds)
            Assert.Equal(content.Length, (await find)!.Length);
        foreach (Task<OpenAttachment> open in opens)
        {
            using OpenAttachment opened = await open;
            Assert.Equal(content, StoreHarness.ReadAll(opened));
        }

        Requests(harness, BucketOperation.Get);
    }

    [Fact]
    public async Task An_opener_who_gives_up_leaves_the_download_to_the_others()
    {
        await using var harness = new StoreHarness();
        AttachmentInfo info = await harness.StoreAsync(StoreHarness.Bytes(10));
        await harness.EvictAsync();
        harness.Faults.ClearCalls();
        FaultRule stall = harness.Faults.Inject(BucketOperation.Get, Fault.Stall());
        using var impatient = new CancellationTokenSource();
        Task<OpenAttachment> givingUp = harness.Store.OpenAsync(info, impatient.Token);
        Task<byte[]> staying = harness.ReadAsync(info);
        await stall.Reached;

        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => givingUp);
        stall.Release();

        Assert.Equal(StoreHarness.Bytes(10), await staying);
        Requests(harness, BucketOperation.Get);
    }
}
