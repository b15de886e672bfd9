using System.Text;

namespace OrthancCloudFs.Configuration.Tests.Json;

public class ConfigurationFilesTests
{
    private const string Provider = """{ "LocalStorage": { "Directory": "/srv/bucket" } }""";
    private const string Encryption = """{ "StorageEncryption": { "MasterKey": [1, "master.key"] } }""";

    [Fact]
    public void A_single_file_is_read()
    {
        using ConfigurationFolder folder = new ConfigurationFolder().Add("orthanc.json", ConfigurationFolder.Smallest).Add("other.json", "garbage");

        CloudFsSettings settings = OrthancConfigurationReader.Read(folder.PathOf("orthanc.json")).Settings;

        Assert.Equal(ConfigurationFolder.Spell("/srv/bucket"), Assert.IsType<LocalStorageSettings>(settings.Provider).Directory);
    }

    [Fact]
    public void A_relative_path_to_the_configuration_makes_absolute_settings()
    {
        using ConfigurationFolder folder = new ConfigurationFolder().Add("orthanc.json", ConfigurationFolder.Smallest);
        string relative = Path.GetRelativePath(Directory.GetCurrentDirectory(), folder.PathOf("orthanc.json"));

        CloudFsSettings settings = OrthancConfigurationReader.Read(relative).Settings;

        Assert.Equal(folder.PathOf("OrthancStorage"), settings.MountPoint);
    }

    [Fact]
    public void Files_of_a_folder_are_merged_by_section()
    {
        using ConfigurationFolder folder = new ConfigurationFolder()
            .Add("a.json", Provider)
            .Add("B.JSON", Encryption)
            .Add("c.json", """{ "StorageDirectory": "/mnt/orthanc" }""")
            .Add("d.json.disabled", "garbage")
            .Add("e.txt", "garbage");

        ConfigurationResult result = folder.Read();

        Assert.Equal(ConfigurationFolder.Spell("/mnt/orthanc"), result.Settings.MountPoint);
        Assert.Equal(1u, result.Settings.Encryption.MasterKey!.Id);
        Assert.Empty(result.Warnings);
    }

    [Fact]
    public void Folders_in_the_folder_are_not_entered()
    {
        using ConfigurationFolder folder = new ConfigurationFolder().Add("a.json", ConfigurationFolder.Smallest);
        Directory.CreateDirectory(folder.PathOf("deeper.json"));
        folder.Add("deeper.json/x.json", "garbage");

        Assert.Empty(folder.Read().Warnings);
    }

    [Fact]
    public void A_key_in_two_files_is_refused_naming_both_places()
    {
        using ConfigurationFolder folder = new ConfigurationFolder()
            .Add("a.json", ConfigurationFolder.Smallest)
            .Add("b.json", "{\n  \"LocalStorage\": {} }");

        string message = folder.Refusal();

        Assert.StartsWith(folder.PathOf("b.json") + ":2:3: \"LocalStorage\" is already defined at " + folder.PathOf("a.json") + ":1:3", message);
    }

    [Fact]
    public void A_strange_name_in_two_files_is_refused_on_one_line()
    {
        using ConfigurationFolder folder = new ConfigurationFolder().Add("a.json", "{ \"x\\ny\": 1 }").Add("b.json", "{ \"x\\ny\": 1 }");

        Assert.Contains("b.json:1:3: \"x\uFFFDy\" is already defined at", folder.Refusal());
    }

    [Fact]
    public void A_key_twice_in_one_file_is_refused_where_it_matters()
    {
        string message = ConfigurationFolder.RefuseText("""
            { "LocalStorage": { "Directory": "/a" },
              "LocalStorage": { "Directory": "/b" } }
            """);

        Assert.Contains("orthanc.json:2:3: \"LocalStorage\" is already defined at", message);
        Assert.Contains("orthanc.json:1:3", message);
    }

    [Fact]
    public void A_key_of_no_concern_twice_in_one_file_is_left_to_Orthanc()
    {
        Assert.Empty(ConfigurationFolder.ReadText("""
            { "Name": "a", "Name": "b", "LocalStorage": { "Directory": "/srv/bucket" }, "StorageEncryption": { "MasterKey": [1, "k"] } }
            """).Warnings);
    }

    [Fact]
    public void A_missing_path_is_refused()
    {
        using var folder = new ConfigurationFolder();

        string message = Assert.Throws<ConfigurationException>(() => OrthancConfigurationReader.Read(folder.PathOf("missing"))).Message;

        Assert.StartsWith(folder.PathOf("missing") + ": no such file or folder", message);
    }

    [Fact]
    public void A_folder_without_files_is_refused()
    {
        using var folder = new ConfigurationFolder();

        Assert.StartsWith(folder.Path + ": the folder holds no *.json file", folder.Refusal());
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_refused()
    {
        using var folder = new ConfigurationFolder();
        using var held = new FileStream(folder.PathOf("held.json"), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);

        Assert.StartsWith(folder.PathOf("held.json") + ": cannot be read", folder.Refusal());
    }

    [Fact]
    public void Comments_trailing_commas_and_a_byte_order_mark_are_accepted()
    {
        const string Text = """
            // a "quote" and a { bracket
            { /* "LocalStorage": { **/ "LocalStorage": { "Directory": "/srv//bucket" /*/ odd */, }, // and ${UNSET}
              "StorageEncryption": { "MasterKey": [1, "master.key",], }, }
            // the end
            """;
        using ConfigurationFolder folder = new ConfigurationFolder().Add("a.json", [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(Text)]);

        ConfigurationResult result = folder.Read();

        Assert.Equal(ConfigurationFolder.Spell("/srv/bucket"), Assert.IsType<LocalStorageSettings>(result.Settings.Provider).Directory);
        Assert.Empty(result.Warnings);
    }

    [Fact]
    public void Text_after_the_end_is_ignored_with_a_warning()
    {
        ConfigurationResult result = ConfigurationFolder.ReadText(ConfigurationFolder.Smallest + "} ]");

        Assert.Contains("what follows the closing bracket is ignored", Assert.Single(result.Warnings));
    }

    [Fact]
    public void Bytes_that_are_no_UTF8_are_a_warning_in_a_comment_and_an_error_in_a_value()
    {
        byte[] comment = Encoding.Latin1.GetBytes("// h\u00f4pital\n" + ConfigurationFolder.Smallest);
        byte[] value = Encoding.Latin1.GetBytes(ConfigurationFolder.WithLocal("\"RootPath\": \"h\u00f4pital\""));
        using ConfigurationFolder first = new ConfigurationFolder().Add("a.json", comment);
        using ConfigurationFolder second = new ConfigurationFolder().Add("a.json", value);

        Assert.Contains("a.json:1:5: not UTF-8", Assert.Single(first.Read().Warnings));
        Assert.Contains("LocalStorage.RootPath contains a character that is not UTF-8", second.Refusal());
    }

    [Theory]
    [InlineData("", ":1:1: the file holds nothing")]
    [InlineData("// nothing\n", ":2:1: the file holds nothing")]
    [InlineData("[]", ":1:1: found an array of 0 where Orthanc's configuration")]
    [InlineData("\"sesame\"", ":1:1: found a text where Orthanc's configuration")]
    [InlineData("{\n  \"a\": 1\n  \"b\": 2 }", ":3:3: unexpected '\"'")]
    [InlineData("{\n  \"a\": sesame }", ":2:8: this is no JSON")]
    [InlineData("{\n  \"a\": \"sesame\n }", ":2:15: a line break or another control character")]
    [InlineData("{\n  \"é\": [1, 2 }", ":2:14: unexpected '}'")]
    [InlineData("{ \"a\": { \"b\": 1 }", "the file ends too early")]
    [InlineData("{ \"a\": 1 /* open", ":1:10: this comment is not closed")]
    [InlineData("{ \"a\": \"\\uD800\" }", ":1:8: the text contains half of a surrogate pair")]
    public void Broken_JSON_is_refused_with_its_place_and_without_its_text(string text, string expected)
    {
        string message = ConfigurationFolder.RefuseText(text);

        Assert.Contains(expected, message);
        Assert.DoesNotContain("sesame", message);
    }

    [Fact]
    public void Nesting_too_deep_is_refused_not_a_crash()
    {
        string deep = "{ \"a\": " + new string('[', 5000) + new string(']', 5000) + " }";

        Assert.Contains("orthanc.json:1:", ConfigurationFolder.RefuseText(deep));
    }
}
