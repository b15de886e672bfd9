using OrthancCloudFs.Buckets;
using OrthancCloudFs.TestKit;
using Xunit;

namespace OrthancCloudFs.Attachments.Tests.Store;

public sealed class FormAndListingTests
{
    [Theory]
    [InlineData(false, 0)]
    [InlineData(false, 1)]
    [InlineData(false, 69)]
    [InlineData(false, 100)]
    [InlineData(false, 50_000)]
    [InlineData(true, 0)]
    [InlineData(true, 50_000)]
    public async Task Plain_objects_are_read_where_they_are_allowed(bool flat, int length)
    {
        await using var harness = new StoreHarness(new StoreSetup { Flat = flat, AllowPlain = true });
        AttachmentId id = StoreHarness.NewId();
        await harness.PutRawAsync(flat ? $"{id}.dcm" : harness.Layout.UsualKey(id), StoreHarness.Bytes(length));

        AttachmentInfo? found = await harness.Store.FindAsync(id, default);

        Assert.Equal(length, found!.Length);
        Assert.False(found.Encrypted);
        Assert.Equal(StoreHarness.Bytes(length), await harness.ReadAsync(found));
        AttachmentInfo own = await harness.StoreAsync(StoreHarness.Bytes(length));
        await harness.EvictAsync();
        Assert.Equal(length, (await harness.Store.FindAsync(own.Id, default))!.Length);
        Assert.Equal(StoreHarness.Bytes(length), await harness.ReadAsync(own));
        Assert.Equal(length + 86, (await harness.RawAsync(own.Key))!.Length);
    }

    [Theory]
    [InlineData(true, ".dcm")]
    [InlineData(false, ".dcm.enc")]
    public async Task An_object_of_the_other_form_by_name_exists_and_cannot_be_read(bool encrypted, string extension)
    {
        await using var harness = new StoreHarness(new StoreSetup { Flat = true, Encrypted = encrypted });
        AttachmentId id = StoreHarness.NewId();
        await harness.PutRawAsync(id + extension, StoreHarness.Bytes(200));

        AttachmentInfo? found = await harness.Store.FindAsync(id, default);

        Assert.NotNull(found);
        await StoreHarness.FailsAsync(AttachmentError.Unreadable, () => harness.Store.OpenAsync(found, default));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Thousands_of_objects_are_listed_once_each_in_order_and_foreign_ones_are_not(bool flat)
    {
        await using var harness = new StoreHarness(
            new StoreSetup { Flat = flat, Options = new AttachmentStoreOptions { ListPageSize = 100 } });
        AttachmentId[] ids = [.. Enumerable.Range(0, 3000).Select(i => Id(i % 5, i)).Order()];
        foreach (AttachmentId id in ids)
            await harness.PutRawAsync(flat ? $"{id}.dcm.enc" : harness.Layout.UsualKey(id), new byte[90]);
        foreach (string foreign in (string[])["ee-foreign", "e/x", "eee/x", "ff.txt", "00", "\u0165\u0165/x", "\u0165\u0165abc", "index", "dd/ee"])
            await harness.PutRawAsync(foreign, new byte[90]);

        byte[] roots = await ChildrenAsync(harness, HashDirectory.Root);
        byte[] expectedRoots = flat ? [0, 1, 2, 3, 4] : [0, 1, 2, 3, 4, 0xdd];
        Assert.Equal(expectedRoots, roots);
        int listings = harness.Faults.Count(BucketOperation.List);
        int most = flat ? 5 + 11 + 15 : 1; // a page, four folders that are there, eleven of that digit that are not, fifteen other digits
        Assert.True(listings <= most, $"{listings} listings for five folders");

        byte[] second = await ChildrenAsync(harness, HashDirectory.First(3));
        byte[] expected = [.. ids.Where(id => id.Directory.FirstByte == 3).Select(id => id.Directory.SecondByte).Distinct().Order()];
        Assert.Equal(expected, second);

        HashDirectory folder = ids[700].Directory;
        AttachmentId[] inFolder = [.. ids.Where(id => id.Directory == folder)];
        Assert.Equal(inFolder, await AttachmentsAsync(harness.Store.ListAttachmentsAsync(folder, default)));
        Assert.Equal(ids, await AttachmentsAsync(harness.Store.ListAllAsync(default)));
    }

    [Fact]
    public async Task A_listing_that_fails_says_why()
    {
        await using var harness = new StoreHarness();
        harness.Faults.Inject(BucketOperation.List, Fault.Fail(BucketErrorKind.Forbidden));

        await StoreHarness.FailsAsync(AttachmentError.AccessDenied, () => ChildrenAsync(harness, HashDirectory.Root));
        await StoreHarness.FailsAsync(AttachmentError.AccessDenied, () => AttachmentsAsync(harness.Store.ListAllAsync(default)));
    }

    private static AttachmentId Id(int first, int number)
    {
        Assert.True(AttachmentId.TryParse($"{first:x2}{number % 7:x2}0000-0000-0000-0000-{number:x12}", out AttachmentId id));
        return id;
    }

    private static async Task<byte[]> ChildrenAsync(StoreHarness harness, HashDirectory parent)
    {
        var children = new List<byte>();
        await foreach (byte child in harness.Store.ListDirectoriesAsync(parent, default))
            children.Add(child);
        return [.. children];
    }

    private static async Task<AttachmentId[]> AttachmentsAsync(IAsyncEnumerable<AttachmentListing> listings)
    {
        var ids = new List<AttachmentId>();
        await foreach (AttachmentListing listing in listings)
            ids.Add(listing.Id);
        return [.. ids];
    }
}
