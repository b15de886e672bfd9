using System.Text.RegularExpressions;

namespace OrthancCloudFs.Configuration.Tests;

public class MountPointRulesTests
{
    [Theory]
    [InlineData("\"MountPoint\": \"/\"", "the mount point is the root of the file system")]
    [InlineData("\"MountPoint\": \"/srv/bucket\"", "\"Directory\" of \"LocalStorage\" (/srv/bucket) lies within the mount point /srv/bucket")]
    [InlineData("\"MountPoint\": \"/srv\"", "\"Directory\" of \"LocalStorage\" (/srv/bucket) lies within the mount point /srv")]
    [InlineData("\"MountPoint\": \"/srv/bucket/../bucket/x\"", "the mount point /srv/bucket/x lies within \"Directory\" of \"LocalStorage\"")]
    [InlineData("\"MountPoint\": \"/mnt\", \"StateDirectory\": \"/mnt/state\"", "\"StateDirectory\" of \"OrthancCloudFs\" (/mnt/state) lies within")]
    [InlineData("\"MountPoint\": \"/mnt\", \"LogFile\": \"/mnt/log\"", "\"LogFile\" of \"OrthancCloudFs\" (/mnt/log) lies within")]
    public void What_the_program_needs_must_lie_outside_of_the_mount(string keys, string expected)
    {
        expected = Regex.Replace(expected, "/[a-z/]+", path => ConfigurationFolder.Spell(path.Value), RegexOptions.NonBacktracking);

        Assert.Contains(": " + expected, ConfigurationFolder.RefuseText(ConfigurationFolder.WithCloudFs(keys)));
    }

    [Fact]
    public void A_similar_name_is_not_within()
    {
        Assert.Equal(ConfigurationFolder.Spell("/srv/buck"), ConfigurationFolder.ReadText(ConfigurationFolder.WithCloudFs("\"MountPoint\": \"/srv/buck\"")).Settings.MountPoint);
    }

    [Fact]
    public void Another_mount_point_is_checked_too()
    {
        CloudFsSettings settings = ConfigurationFolder.ReadText(ConfigurationFolder.Smallest).Settings;

        Assert.Equal(ConfigurationFolder.Spell("/mnt/x"), settings.WithMountPoint(ConfigurationFolder.Spell("/mnt/x/")).MountPoint);
        Assert.Throws<ConfigurationException>(() => settings.WithMountPoint(ConfigurationFolder.Spell("/srv")));
    }

    [Fact]
    public void Case_makes_another_path_except_on_Windows()
    {
        const string Keys = "\"MountPoint\": \"/MNT\", \"StateDirectory\": \"/mnt/state\"";
        if (OperatingSystem.IsWindows())
            Assert.Contains("lies within the mount point", ConfigurationFolder.RefuseText(ConfigurationFolder.WithCloudFs(Keys)));
        else
            Assert.Equal("/MNT", ConfigurationFolder.ReadText(ConfigurationFolder.WithCloudFs(Keys)).Settings.MountPoint);
    }
}
