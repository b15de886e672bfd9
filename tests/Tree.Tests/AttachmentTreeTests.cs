using OrthancCloudFs.Attachments;
using OrthancCloudFs.Attachments.Reading;
using OrthancCloudFs.Buckets;
using Xunit;

namespace OrthancCloudFs.Tree.Tests;

public sealed class AttachmentTreeTests
{
    private static readonly HashDirectory Folder = HashDirectory.Second(0xab, 0xcd);

    [Fact]
    public async Task A_node_goes_from_written_to_committed_to_removed()
    {
        await using var harness = new TreeHarness();
        AttachmentNode node = await harness.Tree.CreateAsync(TreeHarness.Id(1), default);
        Assert.True(node.Writer!.TryWrite(0, [1, 2, 3]));
        Assert.Equal(3, node.Length);
        Assert.Equal(AttachmentError.Busy, await ErrorAsync(() => harness.Tree.OpenAsync(node, default)));
        Assert.Equal(AttachmentError.Busy, AttachmentTree.RefuseWriting(node).Error);

        await node.Writer.CommitAsync(default);

        using (OpenAttachment open = await harness.Tree.OpenAsync(node, default))
            Assert.Equal(3, open.Info.Length);
        Assert.Equal(AttachmentError.Immutable, AttachmentTree.RefuseWriting(node).Error);
        AttachmentTree.SetLength(node, 3);
        Assert.Equal(AttachmentError.Immutable, Assert.Throws<AttachmentException>(() => AttachmentTree.SetLength(node, 2)).Error);

        await harness.Tree.RemoveAsync(node, default);

        Assert.Equal(AttachmentError.NotFound, await ErrorAsync(() => harness.Tree.OpenAsync(node, default)));
        Assert.Null(await harness.Tree.FindAsync(node.Id, default));
        await harness.DeletedAsync();
        Assert.Equal(0, harness.Objects.Count);
    }

    [Fact]
    public async Task Removing_what_is_being_written_gives_it_up()
    {
        await using var harness = new TreeHarness();
        AttachmentNode node = await harness.Tree.CreateAsync(TreeHarness.Id(1), default);
        Assert.True(node.Writer!.TryWrite(0, [1]));

        await harness.Tree.RemoveAsync(node, default);

        Assert.Equal(AttachmentError.Incomplete, await ErrorAsync(() => node.Writer.CommitAsync(default)));
        Assert.Empty(harness.Faults.Calls);
    }

    [Fact]
    public async Task A_folder_can_be_removed_only_when_it_is_known_to_be_empty_and_costs_no_request()
    {
        await using var harness = new TreeHarness();
        await harness.PutAsync(2);
        Assert.False(harness.Tree.TryRemoveDirectory(Folder));
        await using (DirectoryStream stream = harness.Tree.OpenDirectory(Folder))
            Assert.Null(await stream.ReadAsync(2, default));
        Assert.False(harness.Tree.TryRemoveDirectory(Folder));

        for (int i = 0; i < 2; i++)
        {
            Assert.False(harness.Tree.TryRemoveDirectory(Folder));
            await harness.Tree.RemoveAsync((await harness.Tree.FindAsync(TreeHarness.Id(i), default))!, default);
        }

        await harness.DeletedAsync();
        int requests = harness.Faults.Calls.Count;
        Assert.True(harness.Tree.TryRemoveDirectory(Folder));
        Assert.Equal(requests, harness.Faults.Calls.Count);

        AttachmentNode created = await harness.Tree.CreateAsync(TreeHarness.Id(3), default);
        Assert.False(harness.Tree.TryRemoveDirectory(Folder));
        await harness.Tree.RemoveAsync(created, default);
        Assert.True(harness.Tree.TryRemoveDirectory(Folder));
    }

    private static async Task<AttachmentError> ErrorAsync(Func<Task> action) =>
        (await Assert.ThrowsAsync<AttachmentException>(action)).Error;
}
