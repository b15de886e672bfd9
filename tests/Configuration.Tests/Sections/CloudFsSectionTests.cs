using Microsoft.Extensions.Logging;

namespace OrthancCloudFs.Configuration.Tests.Sections;

public class CloudFsSectionTests
{
    private static CloudFsSettings Read(string keys) => ConfigurationFolder.ReadText(ConfigurationFolder.WithCloudFs(keys)).Settings;

    [Fact]
    public void Defaults()
    {
        using ConfigurationFolder folder = new ConfigurationFolder().Add("a.json", ConfigurationFolder.Smallest);
        ConfigurationResult result = folder.Read();
        CloudFsSettings settings = result.Settings;

        Assert.Empty(result.Warnings);
        Assert.Equal(folder.PathOf("OrthancStorage"), settings.MountPoint);
        Assert.Equal(512L * 1024 * 1024, settings.StagingMemoryBytes);
        Assert.Equal(OperatingSystem.IsWindows() ? @"C:\ProgramData\OrthancCloudFs" : "/var/lib/orthanc-cloudfs", settings.StateDirectory);
        Assert.False(settings.AllowPlainObjects);
        Assert.Equal(0, settings.HealthPort);
        Assert.Null(settings.HttpsCACertificates);
        Assert.Equal(new LoggingSettings { Level = LogLevel.Information, Format = LogFormat.Simple, File = null }, settings.Logging);
        Assert.Equal(
            new MountSettings
            {
                Owner = null,
                Group = null,
                DirectoryMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
                FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                AllowOther = null,
                ReadMode = ReadMode.Direct,
                GuardUnderlay = true,
                EntryTimeout = TimeSpan.FromHours(1),
                ShutdownTimeout = TimeSpan.FromSeconds(10),
            },
            settings.Mount);
    }

    [Fact]
    public void All_keys_are_read()
    {
        using ConfigurationFolder folder = new ConfigurationFolder().Add("a.json", ConfigurationFolder.WithCloudFs("""
            "MountPoint": "/mnt/orthanc/", "StagingMemory": 64, "Owner": "orthanc", "Group": 120, "DirectoryMode": "0750", "FileMode": "640",
            "AllowOther": false, "ReadMode": "PageCache", "StateDirectory": "state", "GuardUnderlay": false, "AllowPlainObjects": true,
            "LogLevel": "Debug", "LogFormat": "Json", "LogFile": "cloudfs.log", "EntryTimeout": 0,
            "HealthPort": 9464, "ShutdownTimeout": 60, "WriteMode": "Journal", "JournalMaxSize": 200
            """));
        ConfigurationResult result = folder.Read();
        CloudFsSettings settings = result.Settings;

        Assert.Equal(ConfigurationFolder.Spell("/mnt/orthanc"), settings.MountPoint);
        Assert.Equal(64L * 1024 * 1024, settings.StagingMemoryBytes);
        Assert.Equal(folder.PathOf("state"), settings.StateDirectory);
        Assert.True(settings.AllowPlainObjects);
        Assert.Equal(9464, settings.HealthPort);
        Assert.Equal(WriteMode.Journal, settings.WriteMode);
        Assert.Equal(200L << 20, settings.JournalMaxBytes);
        Assert.Equal(new LoggingSettings { Level = LogLevel.Debug, Format = LogFormat.Json, File = folder.PathOf("cloudfs.log") }, settings.Logging);
        Assert.Equal(
            new MountSettings
            {
                Owner = new AccountReference("orthanc", null),
                Group = new AccountReference(null, 120),
                DirectoryMode = (UnixFileMode)Convert.ToInt32("750", 8),
                FileMode = (UnixFileMode)Convert.ToInt32("640", 8),
                AllowOther = false,
                ReadMode = ReadMode.PageCache,
                GuardUnderlay = false,
                EntryTimeout = TimeSpan.Zero,
                ShutdownTimeout = TimeSpan.FromMinutes(1),
            },
            settings.Mount);
        Assert.Contains("AllowPlainObjects lets objects be read that no key authenticates", Assert.Single(result.Warnings));
    }

    [Theory]
    [InlineData("\"orthanc\"", "orthanc", null)]
    [InlineData("\"1000\"", null, 1000u)]
    [InlineData("0", null, 0u)]
    [InlineData("4294967294", null, 4294967294u)]
    public void Accounts_are_names_or_ids(string written, string? name, uint? id)
    {
        Assert.Equal(new AccountReference(name, id), Read($"\"Owner\": {written}").Mount.Owner);
        Assert.Equal(new AccountReference(name, id), Read($"\"Group\": {written}").Mount.Group);
    }

    [Theory]
    [InlineData("Trace", LogLevel.Trace)]
    [InlineData("None", LogLevel.None)]
    public void Log_levels_are_those_of_the_library(string written, LogLevel expected)
    {
        Assert.Equal(expected, Read($"\"LogLevel\": \"{written}\"").Logging.Level);
    }

    [Theory]
    [InlineData("\"DirectoryMode\": \"0755\"", true)]
    [InlineData("\"DirectoryMode\": \"0770\"", false)]
    [InlineData("\"FileMode\": \"0604\"", true)]
    [InlineData("\"FileMode\": \"0660\"", false)]
    public void Modes_that_admit_everybody_are_warned_about(string key, bool expected)
    {
        IReadOnlyList<string> warnings = ConfigurationFolder.ReadText(ConfigurationFolder.WithCloudFs(key)).Warnings;

        Assert.Equal(expected, warnings.Any(warning => warning.Contains("lets every user of this machine at the attachments", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("\"MountPoint\": \"\"", "OrthancCloudFs.MountPoint must not be empty")]
    [InlineData("\"MountPoint\": 1", "OrthancCloudFs.MountPoint must be a text in quotation marks, found 1")]
    [InlineData("\"StagingMemory\": 63", "OrthancCloudFs.StagingMemory must be from 64 to 1048576 MB, found 63")]
    [InlineData("\"StagingMemory\": 1048577", "OrthancCloudFs.StagingMemory must be from 64 to 1048576 MB, found 1048577")]
    [InlineData("\"Owner\": \"\"", "OrthancCloudFs.Owner must be a name, or an id from 0 to 4294967294")]
    [InlineData("\"Owner\": -1", "OrthancCloudFs.Owner must be a name, or an id from 0 to 4294967294, found -1")]
    [InlineData("\"Group\": 4294967295", "OrthancCloudFs.Group must be a name, or an id from 0 to 4294967294, found 4294967295")]
    [InlineData("\"Group\": \"99999999999\"", "OrthancCloudFs.Group must be a name, or an id from 0 to 4294967294, found \"99999999999\"")]
    [InlineData("\"DirectoryMode\": \"0600\"", "OrthancCloudFs.DirectoryMode must be from 0700 to 0777 and give the owner all of 0700, found \"0600\"")]
    [InlineData("\"DirectoryMode\": \"1700\"", "OrthancCloudFs.DirectoryMode must be from 0700 to 0777")]
    [InlineData("\"DirectoryMode\": 700", "OrthancCloudFs.DirectoryMode must be a text of octal digits such as \"0700\", found 700")]
    [InlineData("\"FileMode\": \"0400\"", "OrthancCloudFs.FileMode must be from 0600 to 0777")]
    [InlineData("\"FileMode\": \"0680\"", "OrthancCloudFs.FileMode must be a text of octal digits")]
    [InlineData("\"FileMode\": \"\"", "OrthancCloudFs.FileMode must be a text of octal digits")]
    [InlineData("\"AllowOther\": \"true\"", "OrthancCloudFs.AllowOther must be true or false")]
    [InlineData("\"ReadMode\": \"direct\"", "OrthancCloudFs.ReadMode must be one of \"Direct\", \"PageCache\", found \"direct\"; perhaps \"Direct\" is meant")]
    [InlineData("\"StateDirectory\": \"\"", "OrthancCloudFs.StateDirectory must not be empty")]
    [InlineData("\"GuardUnderlay\": 1", "OrthancCloudFs.GuardUnderlay must be true or false")]
    [InlineData("\"AllowPlainObjects\": 1", "OrthancCloudFs.AllowPlainObjects must be true or false")]
    [InlineData("\"LogLevel\": \"Info\"", "perhaps \"Information\" is meant")]
    [InlineData("\"LogFormat\": \"json\"", "perhaps \"Json\" is meant")]
    [InlineData("\"LogFile\": \"\"", "OrthancCloudFs.LogFile must not be empty")]
    [InlineData("\"EntryTimeout\": -1", "OrthancCloudFs.EntryTimeout must be from 0 to 31536000 s, found -1")]
    [InlineData("\"HealthPort\": 65536", "OrthancCloudFs.HealthPort must be from 0 to 65535, found 65536")]
    [InlineData("\"HealthPort\": \"9464\"", "OrthancCloudFs.HealthPort must be a whole number from 0 to 65535, found")]
    [InlineData("\"WriteMode\": \"Journaled\"", "perhaps \"Journal\" is meant")]
    [InlineData("\"JournalMaxSize\": 63", "OrthancCloudFs.JournalMaxSize must be from 64 to 1073741824 MB, found 63")]
    [InlineData("\"ShutdownTimeout\": 3601", "OrthancCloudFs.ShutdownTimeout must be from 0 to 3600 s, found 3601")]
    public void Wrong_values_are_refused(string key, string expected)
    {
        Assert.Contains(expected, ConfigurationFolder.RefuseText(ConfigurationFolder.WithCloudFs(key)));
    }

    [Theory]
    [InlineData("\"Checksum\": \"Sha1\"", "OrthancCloudFs.Checksum must be one of")]
    [InlineData("\"IfNoneMatch\": 1", "OrthancCloudFs.IfNoneMatch must be true or false")]
    public void Wrong_values_for_S3_are_refused_with_any_provider(string key, string expected)
    {
        Assert.Contains(expected, ConfigurationFolder.RefuseText(ConfigurationFolder.WithCloudFs(key)));
        Assert.Contains(expected, ConfigurationFolder.RefuseText(ConfigurationFolder.WithS3("").TrimEnd()[..^1] + $", \"OrthancCloudFs\": {{ {key} }} }}"));
    }

    [Fact]
    public void A_journal_needs_encryption()
    {
        string refusal = ConfigurationFolder.RefuseText("""
            { "LocalStorage": { "Directory": "/srv/bucket" }, "StorageEncryption": { "Enable": false }, "OrthancCloudFs": { "WriteMode": "Journal" } }
            """);

        Assert.Contains("OrthancCloudFs.WriteMode must be \"Through\" while \"StorageEncryption\" is not enabled", refusal, StringComparison.Ordinal);
    }
}
