cat << END                                                    >> $NGX_MAKEFILE

$NGX_OBJS/scim/ngx_scim_scripts.h:	$ngx_addon_dir/redis/*.lua \\
		$ngx_addon_dir/ngx_scim_module/embed.sh
	mkdir -p $NGX_OBJS/scim
	sh $ngx_addon_dir/ngx_scim_module/embed.sh ngx_scim_lua \\
		$ngx_addon_dir/redis/*.lua > \$@.new
	mv \$@.new \$@

$NGX_OBJS/scim/scim_schemas_json.h:	\\
		$ngx_addon_dir/ngx_scim_module/scim/schema/*.json \\
		$ngx_addon_dir/ngx_scim_module/embed.sh
	mkdir -p $NGX_OBJS/scim
	sh $ngx_addon_dir/ngx_scim_module/embed.sh scim_schema \\
		$ngx_addon_dir/ngx_scim_module/scim/schema/*.json > \$@.new
	mv \$@.new \$@

$NGX_OBJS/scim/ngx_scim_status_assets.h:	\\
		$ngx_addon_dir/ngx_scim_module/http/status/assets/* \\
		$ngx_addon_dir/ngx_scim_module/embed.sh
	mkdir -p $NGX_OBJS/scim
	sh $ngx_addon_dir/ngx_scim_module/embed.sh ngx_scim_status \\
		$ngx_addon_dir/ngx_scim_module/http/status/assets/* > \$@.new
	mv \$@.new \$@

$NGX_OBJS/scim/ngx_scim_version.h:	$ngx_addon_dir/VERSION
	mkdir -p $NGX_OBJS/scim
	sed 's/.*/#define NGX_SCIM_VERSION  "&"/' $ngx_addon_dir/VERSION > \$@.new
	mv \$@.new \$@

END
