namespace OrthancCloudFs.Configuration.Tests.Sections;

public class GoogleSectionTests
{
    private static ConfigurationResult Read(string keys) => ConfigurationFolder.ReadText(With(keys));

    private static string With(string keys) =>
        $$"""{ "GoogleCloudStorage": { {{keys}} }, "StorageEncryption": { "MasterKey": [1, "master.key"] } }""";

    [Fact]
    public void The_plugins_keys_are_read()
    {
        ConfigurationResult result = Read("\"BucketName\": \"images\", \"ServiceAccountFile\": \"/etc/orthanc/google.json\"");

        GoogleSettings google = Assert.IsType<GoogleSettings>(result.Settings.Provider);
        Assert.Empty(result.Warnings);
        Assert.Equal(("images", ConfigurationFolder.Spell("/etc/orthanc/google.json")), (google.BucketName, google.ServiceAccountFile));
        Assert.Null(google.Endpoint);
        Assert.Equal((25, 10, TimeSpan.FromSeconds(1200)), (google.MaxConnections, google.MaxRetries, google.RequestTimeout));
    }

    [Fact]
    public void Ours_are_read()
    {
        GoogleSettings google = Assert.IsType<GoogleSettings>(
            Read("\"BucketName\": \"images\", \"Endpoint\": \"storage.private.example\", \"MaxRetries\": 0").Settings.Provider);

        Assert.Null(google.ServiceAccountFile);
        Assert.Equal((new Uri("https://storage.private.example"), 0), (google.Endpoint, google.MaxRetries));
        Assert.Contains("plain http", Assert.Single(Read("\"BucketName\": \"b\", \"Endpoint\": \"http://storage.example\"").Warnings));
    }

    [Theory]
    [InlineData("", "GoogleCloudStorage.BucketName is missing")]
    [InlineData("\"BucketName\": \"gs://b\"", "BucketName must be a bare name")]
    [InlineData("\"BucketName\": \"b\", \"ServiceAccountFile\": \"\"", "ServiceAccountFile must not be empty")]
    [InlineData("\"BucketName\": \"b\", \"Endpoint\": \"ftp://b\"", "Endpoint must be a host name")]
    public void Mistakes_are_refused(string keys, string expected) => Assert.Contains(expected, ConfigurationFolder.RefuseText(With(keys)));
}
