using CsCheck;
using OrthancCloudFs.Attachments.Layout;
using Xunit;

namespace OrthancCloudFs.Attachments.Tests.Layout;

public sealed class KeyLayoutTests
{
    private const string Uuid = "0123abcd-89ef-4a6b-8c7d-fedcba987654";

    private static readonly Gen<AttachmentId> Ids = Gen.Guid.Select(guid => Id(guid.ToString("D")));

    private static readonly Gen<string> RootPaths = Gen.OneOf("", "orthanc", "orthanc/", "a/b c/ü", "x/aa/bb", Uuid);

    private static readonly Gen<ContentKind> Kinds = Gen.Enum<ContentKind>();

    [Fact]
    public void Flat_keys_are_read_back() => Gen.Select(Ids, RootPaths, Kinds, Gen.Bool).Sample((id, root, kind, encrypted) =>
    {
        var layout = new FlatLayout(root, encrypted);
        string key = layout.KeyFor(id, kind);
        return layout.TryParse(key, out AttachmentKey parsed) && parsed == new AttachmentKey(id, encrypted)
            && key.StartsWith(layout.SearchPrefix(id)!, StringComparison.Ordinal);
    });

    [Fact]
    public void Legacy_keys_are_read_back() => Gen.Select(Ids, RootPaths, Kinds).Sample((id, root, kind) =>
    {
        var layout = new LegacyLayout(root);
        string key = layout.KeyFor(id, kind);
        return layout.TryParse(key, out AttachmentKey parsed) && parsed == new AttachmentKey(id, null) && key == layout.UsualKey(id);
    });

    [Fact]
    public void Every_folder_of_an_attachment_lists_it() => Gen.Select(Ids, RootPaths, Kinds, Gen.Bool).Sample((id, root, kind, encrypted) =>
    {
        HashDirectory second = id.Directory;
        HashDirectory[] folders = [HashDirectory.Root, HashDirectory.First(second.FirstByte), second];
        KeyLayout[] layouts = [new FlatLayout(root, encrypted), new LegacyLayout(root)];
        return layouts.All(layout => folders.All(folder =>
            layout.KeyFor(id, kind).StartsWith(layout.PrefixOf(folder), StringComparison.Ordinal)));
    });

    [Fact]
    public void Other_folders_do_not_list_it() => Gen.Select(Ids, Ids, RootPaths).Sample((id, other, root) =>
    {
        KeyLayout[] layouts = [new FlatLayout(root, encrypted: true), new LegacyLayout(root)];
        return id.Directory == other.Directory || layouts.All(layout =>
            !layout.UsualKey(id).StartsWith(layout.PrefixOf(other.Directory), StringComparison.Ordinal));
    });

    [Theory]
    [InlineData("", ContentKind.Dicom, false, Uuid + ".dcm")]
    [InlineData("", ContentKind.DicomUntilPixelData, true, Uuid + ".dcm.head.enc")]
    [InlineData("pacs", ContentKind.Json, true, "pacs/" + Uuid + ".json.enc")]
    [InlineData("pacs/", ContentKind.Unknown, false, "pacs/" + Uuid + ".unk")]
    public void Flat_keys_are_those_of_the_plugins(string root, ContentKind kind, bool encrypted, string expected) =>
        Assert.Equal(expected, new FlatLayout(root, encrypted).KeyFor(Id(Uuid), kind));

    [Theory]
    [InlineData("", "01/23/" + Uuid)]
    [InlineData("pacs", "pacs/01/23/" + Uuid)]
    public void Legacy_keys_are_those_of_the_plugins(string root, string expected) =>
        Assert.Equal(expected, new LegacyLayout(root).KeyFor(Id(Uuid), ContentKind.Dicom));

    [Theory]
    [InlineData(".dcm", false)]
    [InlineData(".dcm.head", false)]
    [InlineData(".json", false)]
    [InlineData(".unk", false)]
    [InlineData(".dcm.enc", true)]
    [InlineData(".dcm.head.enc", true)]
    [InlineData(".json.enc", true)]
    [InlineData(".unk.enc", true)]
    public void Every_extension_is_found_whatever_new_objects_get(string extension, bool encrypted)
    {
        foreach (bool encrypts in new[] { false, true })
        {
            Assert.True(new FlatLayout("pacs", encrypts).TryParse("pacs/" + Uuid + extension, out AttachmentKey parsed));
            Assert.Equal(new AttachmentKey(Id(Uuid), encrypted), parsed);
        }
    }

    [Theory]
    [InlineData("pacs/" + Uuid)]
    [InlineData("pacs/" + Uuid + ".")]
    [InlineData("pacs/" + Uuid + ".enc")]
    [InlineData("pacs/" + Uuid + ".head")]
    [InlineData("pacs/" + Uuid + ".DCM")]
    [InlineData("pacs/" + Uuid + ".dcm.enc.enc")]
    [InlineData("pacs/" + Uuid + ".dcm.bak")]
    [InlineData("pacs/" + Uuid + ".dcm ")]
    [InlineData("pacs/" + Uuid + "-dcm")]
    [InlineData("pacs/0123ABCD-89EF-4A6B-8C7D-FEDCBA987654.dcm")]
    [InlineData("pacs/0123abcd089ef-4a6b-8c7d-fedcba987654.dcm")]
    [InlineData("pacs/0123abcd-89ef-4a6b-8c7d-fedcba98765g.dcm")]
    [InlineData("pacs/0123abcd-89ef-4a6b-8c7d-fedcba98765é.dcm")]
    [InlineData("pacs//" + Uuid + ".dcm")]
    [InlineData("pacs/01/23/" + Uuid + ".dcm")]
    [InlineData("other/" + Uuid + ".dcm")]
    [InlineData("PACS/" + Uuid + ".dcm")]
    [InlineData(Uuid + ".dcm")]
    [InlineData("pacs/")]
    [InlineData("pacs")]
    [InlineData("")]
    public void Foreign_keys_are_not_flat(string key) => Assert.False(new FlatLayout("pacs", encrypted: false).TryParse(key, out _));

    [Theory]
    [InlineData("pacs/01/24/" + Uuid)]
    [InlineData("pacs/00/23/" + Uuid)]
    [InlineData("pacs/23/01/" + Uuid)]
    [InlineData("pacs/0123/" + Uuid)]
    [InlineData("pacs/01/23-" + Uuid)]
    [InlineData("pacs/01-23/" + Uuid)]
    [InlineData("pacs/01/23/0123ABCD-89EF-4A6B-8C7D-FEDCBA987654")]
    [InlineData("pacs/01/23/" + Uuid + ".dcm")]
    [InlineData("pacs/01/23/" + Uuid + "/")]
    [InlineData("pacs/" + Uuid)]
    [InlineData("other/01/23/" + Uuid)]
    [InlineData("PACS/01/23/" + Uuid)]
    [InlineData("01/23/" + Uuid)]
    [InlineData("pacs/01/23/")]
    [InlineData("")]
    public void Foreign_keys_are_not_legacy(string key) => Assert.False(new LegacyLayout("pacs").TryParse(key, out _));

    [Fact]
    public void No_key_is_both() => Gen.Select(Ids, RootPaths, Kinds, Gen.Bool).Sample((id, root, kind, encrypted) =>
        !new LegacyLayout(root).TryParse(new FlatLayout(root, encrypted).KeyFor(id, kind), out _)
        && !new FlatLayout(root, encrypted).TryParse(new LegacyLayout(root).KeyFor(id, kind), out _));

    private static AttachmentId Id(string text)
    {
        Assert.True(AttachmentId.TryParse(text, out AttachmentId id));
        return id;
    }
}
