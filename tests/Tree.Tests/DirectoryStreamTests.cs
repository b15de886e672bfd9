using OrthancCloudFs.Attachments;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.TestKit;
using Xunit;

namespace OrthancCloudFs.Tree.Tests;

public sealed class DirectoryStreamTests
{
    private static readonly HashDirectory Folder = HashDirectory.Second(0xab, 0xcd);

    [Fact]
    public async Task Goes_back_and_forth_without_further_requests()
    {
        await using var harness = new TreeHarness();
        await harness.PutAsync(95);
        await using DirectoryStream stream = harness.Tree.OpenDirectory(Folder);
        for (int i = 0; i < 95; i++)
            await ExpectAsync(stream, i, i);
        int listings = harness.Faults.Count(BucketOperation.List);
        Assert.Equal(10, listings);

        foreach (int position in (int[])[94, 3, 50, 94, 1])
            await ExpectAsync(stream, position, position);

        Assert.Equal(listings, harness.Faults.Count(BucketOperation.List));
        await ExpectAsync(stream, 95, null);
        await ExpectAsync(stream, 200, null);
    }

    [Fact]
    public async Task Goes_back_further_than_it_remembers()
    {
        await using var harness = new TreeHarness();
        await harness.PutAsync(6000);
        await using DirectoryStream stream = harness.Tree.OpenDirectory(Folder);

        await ExpectAsync(stream, 5999, 5999);
        await ExpectAsync(stream, 1, 1);
        await ExpectAsync(stream, 5998, 5998);
        await ExpectAsync(stream, 6000, null);
    }

    [Fact]
    public async Task Begins_anew_and_sees_what_changed()
    {
        await using var harness = new TreeHarness();
        await harness.PutAsync(3);
        await using DirectoryStream stream = harness.Tree.OpenDirectory(Folder);
        await ExpectAsync(stream, 3, null);
        await harness.PutAsync(5);
        await ExpectAsync(stream, 3, null);

        await stream.RewindAsync();

        await ExpectAsync(stream, 0, 0);
        await ExpectAsync(stream, 4, 4);
        await ExpectAsync(stream, 5, null);
    }

    [Fact]
    public async Task Goes_on_where_it_was_after_a_failure_in_the_middle()
    {
        await using var harness = new TreeHarness();
        await harness.PutAsync(35);
        await using DirectoryStream stream = harness.Tree.OpenDirectory(Folder);
        await ExpectAsync(stream, 9, 9);
        harness.Faults.Inject(BucketOperation.List, Fault.Fail(BucketErrorKind.Timeout), times: 1);

        AttachmentException failure = await Assert.ThrowsAsync<AttachmentException>(() => stream.ReadAsync(10, default).AsTask());

        Assert.Equal(AttachmentError.TimedOut, failure.Error);
        await ExpectAsync(stream, 10, 10);
        await ExpectAsync(stream, 34, 34);
        await ExpectAsync(stream, 35, null);
    }

    [Fact]
    public async Task Lists_folders_by_name()
    {
        await using var harness = new TreeHarness();
        await harness.PutAsync(1);
        await using DirectoryStream stream = harness.Tree.OpenDirectory(HashDirectory.Root);

        DirectoryEntry? entry = await stream.ReadAsync(0, default);

        byte[] name = new byte[AttachmentId.TextLength];
        Assert.Equal("ab"u8, name.AsSpan(0, entry!.Value.FormatName(name)));
        await ExpectAsync(stream, 1, null);
    }

    private static async Task ExpectAsync(DirectoryStream stream, long position, int? number)
    {
        DirectoryEntry? entry = await stream.ReadAsync(position, default);
        Assert.Equal(number is { } expected ? TreeHarness.Id(expected) : null, entry?.Attachment.Id);
    }
}
