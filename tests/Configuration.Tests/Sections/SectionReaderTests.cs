namespace OrthancCloudFs.Configuration.Tests.Sections;

public class SectionReaderTests
{
    [Theory]
    [InlineData("BuketName", "BucketName")]
    [InlineData("bucketname", "BucketName")]
    [InlineData("ConnectionTimeOut", "ConnectionTimeout")]
    [InlineData("MaxRetry", "MaxRetries")]
    [InlineData("rootpath", "RootPath")]
    public void Unknown_keys_are_warned_about_with_the_nearest(string written, string nearest)
    {
        ConfigurationResult result = ConfigurationFolder.ReadText(ConfigurationFolder.WithS3($"\"{written}\": \"sesame\""));

        string warning = Assert.Single(result.Warnings);
        Assert.EndsWith($"AwsS3Storage.{written} is unknown and ignored; the nearest known key is {nearest}.", warning);
        Assert.Contains("orthanc.json:1:", warning);
        Assert.DoesNotContain("sesame", warning);
    }

    [Fact]
    public void Unknown_keys_are_found_in_every_section()
    {
        ConfigurationResult result = ConfigurationFolder.ReadText("""
            { "LocalStorage": { "Directory": "/srv/bucket", "BucketName": "x", "StorageEncryption": { "MasterKey": [1, "k"], "MasterKeys": [] } },
              "OrthancCloudFs": { "Mountpoint": "/x" } }
            """);

        Assert.Collection(
            result.Warnings,
            warning => Assert.Contains("LocalStorage.BucketName is unknown", warning),
            warning => Assert.Contains("OrthancCloudFs.Mountpoint is unknown and ignored; the nearest known key is MountPoint.", warning),
            warning => Assert.Contains("LocalStorage.StorageEncryption.MasterKeys is unknown and ignored; the nearest known key is MasterKey.", warning));
    }

    [Theory]
    [InlineData("OrthancCloudFS", "OrthancCloudFs")]
    [InlineData("AWSS3Storage", "AwsS3Storage")]
    [InlineData("StorageEncription", "StorageEncryption")]
    public void Misspelt_sections_are_warned_about(string written, string nearest)
    {
        ConfigurationResult result = ConfigurationFolder.ReadText(ConfigurationFolder.Smallest.TrimEnd()[..^1] + $", \"{written}\": {{}} }}");

        Assert.EndsWith($"the section \"{written}\" is unknown and ignored; perhaps \"{nearest}\" is meant.", Assert.Single(result.Warnings));
    }

    [Fact]
    public void A_key_twice_in_a_section_is_refused()
    {
        string message = ConfigurationFolder.RefuseText("""
            { "LocalStorage": { "Directory": "/a",
                "Directory": "/b" } }
            """);

        Assert.Contains("orthanc.json:2:5: LocalStorage.Directory is already set at", message);
        Assert.Contains("orthanc.json:1:21", message);
    }

    [Fact]
    public void Names_from_the_file_cannot_break_the_line()
    {
        ConfigurationResult result = ConfigurationFolder.ReadText(ConfigurationFolder.WithCloudFs($"\"a\\nb{new string('x', 500)}\": 1"));

        string warning = Assert.Single(result.Warnings);
        Assert.DoesNotContain('\n', warning);
        Assert.True(warning.Length < 300, warning);
    }

    [Theory]
    [InlineData("\"StorageDirectory\": 1", "StorageDirectory must be a text in quotation marks, found 1")]
    [InlineData("\"StorageDirectory\": \"\"", "StorageDirectory must not be empty")]
    [InlineData("\"IndexDirectory\": null", "IndexDirectory must be a text in quotation marks, found null")]
    [InlineData("\"SyncStorageArea\": \"true\"", "SyncStorageArea must be true or false")]
    [InlineData("\"StorageCompression\": 0", "StorageCompression must be true or false")]
    [InlineData("\"HttpsCACertificates\": false", "HttpsCACertificates must be a text in quotation marks, found false")]
    public void Wrong_values_of_Orthanc_keys_are_refused(string key, string expected)
    {
        Assert.Contains(": " + expected, ConfigurationFolder.RefuseText(ConfigurationFolder.Smallest.TrimEnd()[..^1] + $", {key} }}"));
    }
}
