<#
.SYNOPSIS
Starts the mount, and then Orthanc.
#>
#Requires -RunAsAdministrator
[CmdletBinding()]
param([string] $OrthancService = 'Orthanc', [string] $Name = 'OrthancCloudFs')
$ErrorActionPreference = 'Stop'

Start-Service $Name # it runs when the bucket is mounted
if (Get-Service $OrthancService -ErrorAction SilentlyContinue) { Start-Service $OrthancService }
Get-Service $Name, $OrthancService -ErrorAction SilentlyContinue
